"""The swimming circuit before any training, beside the published figures and beside dm_control's own swimmer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers import CONTROLLERS
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.launch.bench._kit.benchmark import Bench, Part
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import interleave, ratio
from innervate.launch.bench.ncap.dm_control_swim import episode_return
from innervate.launch.run.evaluation import untrained


@dataclass(frozen=True)
class Case:
    """A body, a controller, and what the authors' code returned on it (deterministic, 10 seeds)."""

    name: str
    low: float
    high: float
    published: str
    n_links: int = 6
    controller: str = "ncap"
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    wide: bool = False
    """The spread over initial states is as large as the mean: 10 other states are another figure, so the published
    one is met, or not, on its own initial states (dm_control's, seeds 0 to 9)."""


CASES = (
    Case("6 links", 788.0, 808.0, "798.4 ± 4.8"),
    Case("3 links", 289.5 * 0.98, 289.5 * 1.02, "289.5", n_links=3),
    Case("4 links", 344.2 * 0.98, 344.2 * 1.02, "344.2", n_links=4),
    Case("10 links", 908.8 * 0.98, 908.8 * 1.02, "908.8", n_links=10),
    Case("zero action", 0.0, 0.0, "0.0", controller="zero"),
    Case("uniform random actions", 94.6 * 0.98, 94.6 * 1.02, "94.6 ± 15.1", controller="random"),
    Case("without proprioception", 129.8 * 0.98, 129.8 * 1.02, "129.8 ± 4.8", options={"proprioception": False}),
    Case("without oscillator", 49.7 * 0.98, 49.7 * 1.02, "49.7 ± 45.2", options={"oscillator": False}, wide=True),
)
"""Authors' code (Bhattasali et al. 2022, github.com/neurobo), run with current dm_control; ± is the sd over seeds."""


PUBLISHED_SEEDS = 10


def _returns(bench: Bench, case: Case, seeds: int, theirs: int) -> Row:
    config = CONTROLLERS[case.controller](**case.options)
    world = WorldConfig(id="swim", options={"n_links": case.n_links})

    def ours() -> list[float]:
        return untrained(world, config, list(range(seeds))).tolist()

    def peer() -> list[float]:
        env = make_vector_env(world, 1)
        controller = config.build(controller_spec(env), torch.Generator().manual_seed(0))
        env.close()
        return [episode_return(controller, case.n_links, seed) for seed in range(theirs)]

    returns = np.array(bench.once(f"{case} ours {seeds}", ours))
    on_dm_control = np.array(bench.once(f"{case} dm_control {theirs}", peer))
    mean, error = float(returns.mean()), 1.96 * float(returns.std(ddof=1)) / len(returns) ** 0.5
    return Row(
        row=f"untrained return, {case.name}",
        value=mean,
        unit="",
        interval=(mean - error, mean + error),
        n=seeds,
        peer=f"published {case.published} (10 seeds); the same circuit on dm_control's swimmer "
        f"{on_dm_control.mean():.1f} ± {on_dm_control.std(ddof=1):.1f} ({theirs} seeds)",
        reach=f"{case.low:.1f} to {case.high:.1f}" + (", judged on dm_control's initial states" if case.wide else ""),
        holds=case.low <= round(float(on_dm_control.mean()) if case.wide else mean, 1) <= case.high,
    )


def _cost(bench: Bench, joints: int) -> Row:
    """One forward of NCAP against a bare MLP(256, 256) of the same sizes, batch 1, one thread."""
    torch.set_num_threads(1)
    env = make_vector_env(WorldConfig(id="swim", options={"n_links": joints + 1}), 1)
    spec = controller_spec(env)
    env.close()
    generator = torch.Generator().manual_seed(0)
    circuit = CONTROLLERS["ncap"]().build(spec, generator)
    mlp = MLPConfig().build(spec, generator).layers
    flat = torch.randn(1, spec.observation_size, generator=generator)
    obs, state = spec.split(flat), circuit.initial_state(1)
    calls = 500 if bench.quick else 2000

    @torch.no_grad()
    def ours() -> None:
        for _ in range(calls):
            circuit(obs, state)

    def bare(net: nn.Module) -> None:
        with torch.no_grad():
            for _ in range(calls):
                net(flat)

    times = interleave({"ncap": ours, "mlp": lambda: bare(mlp)}, rounds=11)
    value, interval = ratio(times["ncap"].cpu_s, times["mlp"].cpu_s)
    micro = {k: float(np.median(t.cpu_s)) / calls * 1e6 for k, t in times.items()}
    return Row(
        row=f"cost of one forward, batch 1, {joints} joints: NCAP against a bare MLP(256, 256)",
        value=value,
        unit="times",
        interval=interval,
        n=11,
        peer=f"NCAP {micro['ncap']:.0f} µs, MLP {micro['mlp']:.0f} µs of CPU; the authors' code 10 to 28 times",
        reach="at most 1.5",
        holds=value <= 1.5,
    )


def _case_rows(bench: Bench) -> Iterable[Row]:
    seeds = bench.seeds or (20 if bench.quick else 200)
    theirs = 3 if bench.quick else PUBLISHED_SEEDS
    for case in CASES:
        yield _returns(bench, case, seeds, theirs)


PARTS: dict[str, Part] = {
    "returns": _case_rows,
    "cost": lambda bench: [_cost(bench, joints) for joints in (5, 14, 19)],
}
PEERS = ("dm-control",)
