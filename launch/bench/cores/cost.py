"""What a control step of each core costs in the contract, beside the gated units of the same number of parameters."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from innervate.agents.threads import one_thread
from innervate.controllers import Controller
from innervate.controllers.circuits.recurrent import Recurrent, RecurrentConfig
from innervate.controllers.core import CORES, CoreConfig
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import interleave, ratio
from innervate.launch.bench.cores.recall import PARAMETERS, SPEC

BATCH, STEPS = 16, 100
BARS = {"leaky": 0.9, "elm": 1.5, "ctm": 4.6}
"""Times the gated units' step, from a sketch of each."""
KINDS = "gru", "leaky", "elm", "lru", "spiking", "ctm", "dendrites", "gain", "reservoir", "balanced"
UNITS = {"reservoir": 300, "balanced": 300, "gain": 34}
"""Of those whose weights are fixed for the most part: with as many parameters they would be nets of hundreds or
thousands of units. As many as in `recall`, and as many as there are gated ones."""


def _net(kind: str) -> Recurrent:
    slowest_s = 1.2 if CORES[kind].spreads else None
    core = CoreConfig(kind=kind, parameters=PARAMETERS, slowest_s=slowest_s, units=UNITS.get(kind))
    return RecurrentConfig(core=core).build(SPEC, torch.Generator().manual_seed(0))


@torch.inference_mode()
def _walk(net: Controller) -> None:
    obs = {c.name: torch.ones(BATCH, c.size) for c in SPEC.observations}
    state = net.initial_state(BATCH)
    for _ in range(STEPS):
        _, state = net(obs, state)


def measured(rounds: int) -> dict[str, Any]:
    """CPU seconds of a step and, against gated units in the same rounds, the ratio with its quartiles."""
    one_thread()
    nets = {kind: _net(kind) for kind in KINDS}
    contestants: dict[str, Callable[[], object]] = {kind: partial(_walk, net) for kind, net in nets.items()}
    times = interleave(contestants, rounds)
    found: dict[str, Any] = {}
    for kind, net in nets.items():
        times_gru, quartiles = ratio(times[kind].cpu_s, times["gru"].cpu_s)
        step_us = float(np.median(times[kind].cpu_s)) / STEPS * 1e6
        found[kind] = {
            "us": step_us, "ratio": times_gru, "quartiles": quartiles, "parameters": net.parameter_count(),
            "units": net.core.units,
        }  # fmt: skip
    return found


def cost_rows(bench: Bench) -> Iterator[Row]:
    """A forward of the whole controller, batch 16, one thread."""
    rounds = 9 if bench.quick else 31
    found = bench.once(f"cost {rounds}", lambda: measured(rounds))
    for kind, seen in found.items():
        if kind == "gru":
            continue
        bar = BARS.get(kind)
        low, high = seen["quartiles"]
        yield Row(
            row=f"cost of a step, {kind}, {seen['units']} units, {seen['parameters']} parameters, batch {BATCH}",
            value=seen["ratio"],
            unit="x gru", n=rounds, reach="" if bar is None else f"{bar}",
            peer=f"{seen['us']:.0f} us, gru {found['gru']['us']:.0f} us at {found['gru']['parameters']} parameters; "
                 f"quartiles of the rounds {low:.2f} to {high:.2f}",
            holds=None if bar is None else seen["ratio"] <= bar,
        )  # fmt: skip
