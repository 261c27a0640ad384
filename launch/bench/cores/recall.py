"""One bit, shown at the first step and asked for many steps later, noise in between."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.agents.threads import one_thread
from innervate.controllers import Controller, ControllerConfig, ControllerSpec
from innervate.controllers.circuits.gru import GRUConfig
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.controllers.circuits.recurrent import RecurrentConfig
from innervate.controllers.core import CoreConfig
from innervate.controllers.cores.spiking import Spiking
from innervate.controllers.statevector import StateVector
from innervate.controllers.timescales import Slowest
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval
from innervate.signals import Channel

DT_S = 0.02
SPEC = ControllerSpec(
    observations=(Channel("cue", 1), Channel("noise", 1), Channel("ask", 1)), action_size=1, control_step_s=DT_S
)
PARAMETERS, RESERVOIR = 4000, 301
BATCH, LOOK_EVERY, LOOK, TEST, SOLVED = 32, 20, 500, 1000, 0.99
SPREAD = 1.2
"""The slowest time constant over the delay, the same for every core: how long to remember is told, not what."""
RATES, TUNING = (1e-3, 3e-3, 1e-2), 100
"""Of Adam, for every arm; and the seed by which one is chosen."""


@dataclass(frozen=True)
class Arm:
    """A contestant of some rows."""

    name: str
    slowest: float | Literal["auto"] | None
    """Of its time constants, as a multiple of the delay."""
    config: Callable[[Slowest], ControllerConfig]
    """It, of about 4,000 parameters; a reservoir's readout has 301."""
    solves: tuple[int, ...] = ()
    """Delays at which the bar is that it learns the task."""
    delays: tuple[int, ...] = (50,)
    """At which it is measured."""
    quick: bool = False
    """Whether it is in the quick table too."""

    def at(self, delay: int) -> ControllerConfig:
        """For one delay."""
        return self.config(self.slowest * delay * DT_S if isinstance(self.slowest, float) else self.slowest)


def _core(kind: str, parameters: int = PARAMETERS) -> Callable[[Slowest], ControllerConfig]:
    return lambda slowest_s: RecurrentConfig(core=CoreConfig(kind=kind, parameters=parameters, slowest_s=slowest_s))


def _gru(slowest_s: Slowest) -> ControllerConfig:
    return GRUConfig(units=CoreConfig(kind="gru", parameters=PARAMETERS).size(3, 1, DT_S), slowest_s=slowest_s)


@contextmanager
def fixed_neurons() -> Generator[None, None, None]:
    """Spiking neurons whose own parameters do not learn."""
    Spiking.LEARNS = False
    try:
        yield
    finally:
        Spiking.LEARNS = True


FIXED = "spiking with the spread, its neurons' parameters fixed"
LONG = 50, 200
ARMS = (
    Arm("gru, as it begins by default", "auto", _gru, (50,), LONG, quick=True),
    Arm("gru with the spread", SPREAD, _gru, (50,), (50, 200, 1000), quick=True),
    Arm("gru, update gates half open", None, _gru, quick=True),
    Arm("leaky with the spread", SPREAD, _core("leaky"), (50,), LONG),
    Arm("leaky, as it begins by default", None, _core("leaky")),
    Arm("elm with the spread", SPREAD, _core("elm"), (50, 200), (50, 200, 1000), quick=True),
    Arm("elm, all constants within two steps", 0.04, _core("elm")),
    Arm("lru with the spread", SPREAD, _core("lru"), (50, 200), (50, 200, 1000), quick=True),
    Arm("lru, as published, on a ring", None, _core("lru"), (), LONG),
    Arm("spiking with the spread", SPREAD, _core("spiking"), (), LONG),
    Arm(FIXED, SPREAD, _core("spiking"), (), LONG),
    Arm("spiking, as it begins by default", None, _core("spiking")),
    Arm("ctm, synchrony over the whole past, with the spread", SPREAD, _core("ctm")),
    Arm("ctm, synchrony over ten steps, as published for control", None, _core("ctm")),
    Arm("null: a random reservoir with the spread, its readout", SPREAD, _core("reservoir", RESERVOIR), (), LONG,
        quick=True),
    Arm("null: a random reservoir that does not leak, its readout", None, _core("reservoir", RESERVOIR)),
    Arm("null: an MLP without memory", None, lambda _: MLPConfig(hidden=(60, 60)), (), LONG, quick=True),
)  # fmt: skip
"""Each core beside its own ablation."""


def sequences(n: int, delay: int, generator: torch.Generator) -> tuple[Float[Tensor, "time n 3"], Float[Tensor, "n"]]:
    """Cue (one step, -1 or 1), noise at every step, the question at the last; and the answers."""
    answers = 2.0 * torch.randint(2, (n,), generator=generator) - 1
    xs = torch.zeros(delay + 1, n, 3)
    xs[0, :, 0], xs[-1, :, 2] = answers, 1.0
    xs[:, :, 1] = torch.randn(delay + 1, n, generator=generator)
    return xs, answers


def answered(net: Controller, xs: Float[Tensor, "time n 3"]) -> Float[Tensor, "n"]:
    """The action at the last step, in (-1, 1)."""
    state, action = net.initial_state(xs.shape[1]), xs.new_zeros(xs.shape[1], 1)
    for x in xs:
        action, state = net({"cue": x[:, :1], "noise": x[:, 1:2], "ask": x[:, 2:]}, state)
    return action[:, 0]


@torch.no_grad()
def accuracy(net: Controller, xs: Float[Tensor, "time n 3"], answers: Float[Tensor, "n"]) -> float:
    """Share of answers with the right sign."""
    return float((answered(net, xs) * answers > 0).float().mean())


def measured(arm: str, delay: int, rate: float, updates: int, seed: int) -> dict[str, Any]:
    """`learned` by an arm of that name."""
    config = next(a for a in ARMS if a.name == arm).at(delay)
    with fixed_neurons() if arm == FIXED else nullcontext():
        return learned(config, delay, rate, updates, seed)


def learned(config: ControllerConfig, delay: int, rate: float, updates: int, seed: int) -> dict[str, Any]:
    """Trained through time until 99 % of 500 held-out sequences are right, then tested on 1,000 others.

    `updates`: the first look, every 20, at which it was; None where it never was.
    """
    one_thread()
    began = time.process_time()
    generator = torch.Generator().manual_seed(seed)
    net = config.build(SPEC, generator)
    held_out = sequences(LOOK, delay, torch.Generator().manual_seed(10_000 + seed))
    optimiser, solved = torch.optim.Adam(net.parameters(), lr=rate), None
    for k in range(1, updates + 1):
        xs, answers = sequences(BATCH, delay, generator)
        # The logistic loss of twice what the tanh squashes.
        loss = -torch.log((1 + answered(net, xs) * answers) / 2 + 1e-6).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        if k % LOOK_EVERY == 0 and accuracy(net, *held_out) >= SOLVED:
            solved = k
            break
    took_s = time.process_time() - began
    return {
        "accuracy": accuracy(net, *sequences(TEST, delay, torch.Generator().manual_seed(20_000 + seed))),
        "updates": solved,
        "cpu_s": took_s,
        "parameters": net.parameter_count(),
        "floats": StateVector(net).size,
    }


def recall_rows(bench: Bench) -> Iterator[Row]:
    """Each arm's rate is that at which a seed outside the table did best, of three; then the table's seeds.

    Arms without a bar at a longer delay keep the rate of the shorter one, where they are the same nets; so do all at
    the longest, which is reported only.
    """
    seeds = bench.seeds or (3 if bench.quick else 5)
    chosen: dict[str, float] = {}
    for delay, updates in ((50, 300),) if bench.quick else ((50, 300), (200, 1000), (1000, 150)):
        for arm in ARMS:
            if delay not in arm.delays or (bench.quick and not arm.quick):
                continue
            tried = ""
            if delay == 50 or delay in arm.solves:
                sweep = {rate: _piece(bench, arm, delay, rate, updates, TUNING) for rate in RATES}
                chosen[arm.name] = max(sweep, key=lambda rate: _merit(sweep[rate], updates))
                tried = ", ".join(f"{rate:g}: {_told(run)}" for rate, run in sweep.items())
                tried = f" (of another seed's {tried})"
            rate, n = chosen[arm.name], seeds if delay == 50 else min(seeds, 3)
            runs = [_piece(bench, arm, delay, rate, updates, seed) for seed in range(n)]
            solved = sum(r["updates"] is not None for r in runs)
            right = [float(r["accuracy"]) for r in runs]
            interval = student_interval(right)
            bar = delay in arm.solves
            yield Row(
                row=f"recall of a bit after {delay} steps, {arm.name}: accuracy", value=float(np.mean(right)),
                unit="share", n=n,
                interval=interval and (max(interval[0], 0.0), min(interval[1], 1.0)),
                peer=f"{solved} of {n} learn it (updates {', '.join(map(_told, runs))}) at the rate {rate:g}{tried}; "
                     f"{runs[0]['parameters']} parameters, {runs[0]['floats']} state floats, "
                     f"{np.mean([r['cpu_s'] for r in runs]):.1f} CPU-s a run; chance 0.50",
                reach=f"all seeds within {updates} updates" if bar else "",
                holds=solved == n if bar else None,
            )  # fmt: skip


def _piece(bench: Bench, arm: Arm, delay: int, rate: float, updates: int, seed: int) -> dict[str, Any]:
    key = f"recall {arm.name} {delay} {updates} {rate} {seed}"
    return bench.once(key, partial(measured, arm.name, delay, rate, updates, seed))


def _merit(run: dict[str, Any], updates: int) -> float:
    """The sooner learned the better; of two that never were, the more accurate."""
    return float(run["accuracy"]) + (0.0 if run["updates"] is None else 1 + updates / run["updates"])


def _told(run: dict[str, Any]) -> str:
    return "-" if run["updates"] is None else str(run["updates"])
