"""What a control step of a trained controller costs: multiply-adds, synaptic operations, bits, by layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.agents.experience.rollout import rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.seeds import Streams
from innervate.errors import ConfigError
from innervate.launch.analysis.energy.account import FLOAT_BITS, break_even_rate
from innervate.launch.analysis.energy.torch_net import account
from innervate.launch.commands._tables import print_table
from innervate.launch.run.evaluation import load_nervous_system
from innervate.launch.run.folder import RunFolder

SMOKE = (["swim-entrained", "--weight-bits", "8"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Operations of a held-out episode, over its control steps.

    Products of weights are counted as they are taken, with those alone whose input and weight are not 0; elementwise
    work and moving data are left out.
    """

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder, or the name of a shipped agent."""
    weight_bits: int = FLOAT_BITS
    """In which a weight would be held."""
    activity_bits: int = FLOAT_BITS
    """Of an input that is no spike."""


def main(argv: Sequence[str]) -> None:
    """Count an episode."""
    options = tyro.cli(Options, args=list(argv), prog="innervate energy")
    folder = RunFolder.open(options.run)
    controller, world = load_nervous_system(folder, folder.config().world)
    env, steps = make_vector_env(world, 1), 0

    def episode() -> None:
        nonlocal steps
        steps = int(rollout(env, controller, controller.spec, Streams.evaluation(1)).lengths[0])

    try:
        found = account(controller, episode, weight_bits=options.weight_bits, activity_bits=options.activity_bits)
    finally:
        env.close()
    if steps < 1:
        raise ConfigError("The episode had no control step.")
    rows = [
        (layer.name, f"{layer.macs / steps:.4g}", f"{layer.effective / steps:.4g}", f"{layer.active:.0%}",
         "spikes" if layer.spiking else "numbers", f"{layer.event_cost / steps:.4g}")
        for layer in found.layers
    ]  # fmt: skip
    rows.append(
        ("all", f"{found.macs / steps:.4g}", f"{(found.synaptic_operations + found.effective_macs) / steps:.4g}", "",
         f"{found.memory_bits / 8:.4g} bytes", f"{found.event_cost / steps:.4g}")
    )  # fmt: skip
    header = ("layer", "multiply-adds", "of these not 0", "active", "inputs", "bits x bits")
    print_table(f"A control step of {options.run.name}", header, rows)
    if found.unread:
        print(f"In no product as they stand, so not among the bytes: {', '.join(found.unread)}.")
    if found.synaptic_operations:
        print(
            f"Spikes at {found.rate:.1%}; a quantised net that tells as much in {found.steps} steps is as cheap at "
            f"{break_even_rate(found.steps):.1%}, moving data left out."
        )
