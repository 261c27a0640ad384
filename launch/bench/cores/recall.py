"""One bit, shown at the first step and asked for many steps later, noise in between."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
from innervate.controllers.statevector import StateVector
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


@dataclass(frozen=True)
class Arm:
    """A contestant of one row."""

    name: str
    config: ControllerConfig
    solves: bool = False
    """Whether the bar is that it learns the task."""


def arms(delay: int, quick: bool) -> list[Arm]:
    """Who is compared: about 4,000 parameters each, the reservoir's readout 301."""
    slowest_s = SPREAD * delay * DT_S

    def core(kind: str, slowest_s: float | None = slowest_s, parameters: int = PARAMETERS) -> RecurrentConfig:
        return RecurrentConfig(core=CoreConfig(kind=kind, parameters=parameters, slowest_s=slowest_s))

    units = CoreConfig(kind="gru", parameters=PARAMETERS).size(3, 1, DT_S)
    found = [
        Arm("gru, as it begins by default", GRUConfig(units=units, slowest_s=None)),
        Arm("gru with the spread", GRUConfig(units=units, slowest_s=slowest_s), True),
        Arm("elm with the spread", core("elm"), True),
        Arm("lru with the spread", core("lru"), True),
        Arm("null: a random reservoir with the spread, its readout", core("reservoir", parameters=RESERVOIR)),
        Arm("null: an MLP without memory", MLPConfig(hidden=(60, 60))),
    ]
    if not quick:  # each core's own ablation
        found += [
            Arm("leaky with the spread", core("leaky"), True),
            Arm("leaky, as it begins by default", core("leaky", None)),
            Arm("elm, all constants within two steps", core("elm", 2 * DT_S)),
            Arm("lru, as published, on a ring", core("lru", None)),
            Arm("null: a random reservoir that does not leak, its readout", core("reservoir", None, RESERVOIR)),
        ]
    return found


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
    """Every learning rate for every arm; a row shows the rate with the best mean, and what came at the others."""
    rates = (3e-3, 1e-2) if bench.quick else (1e-3, 3e-3, 1e-2)
    seeds = bench.seeds or (3 if bench.quick else 5)
    for delay, updates in ((50, 300),) if bench.quick else ((50, 300), (200, 1000)):
        for arm in arms(delay, bench.quick):
            found = {rate: [_piece(bench, arm, delay, rate, updates, s) for s in range(seeds)] for rate in rates}
            told = "; ".join(_told(rate, runs) for rate, runs in found.items())
            bench.say(f"recall {delay}, {arm.name}: {told}")
            best = max(found.values(), key=lambda runs: (_solved(runs), np.mean([r["accuracy"] for r in runs])))
            right = [float(r["accuracy"]) for r in best]
            yield Row(
                row=f"recall of a bit after {delay} steps, {arm.name}: accuracy", value=float(np.mean(right)),
                unit="share", interval=student_interval(right), n=seeds,
                peer=f"{told}; {best[0]['parameters']} parameters, {best[0]['floats']} state floats, "
                     f"{np.mean([r['cpu_s'] for r in best]):.1f} CPU-s a run; chance 0.50",
                reach=f"all seeds within {updates} updates" if arm.solves else "",
                holds=_solved(best) == seeds if arm.solves else None,
            )  # fmt: skip


def _piece(bench: Bench, arm: Arm, delay: int, rate: float, updates: int, seed: int) -> dict[str, Any]:
    key = f"recall {arm.name} {delay} {updates} {rate} {seed}"
    return bench.once(key, lambda: learned(arm.config, delay, rate, updates, seed))


def _solved(runs: list[dict[str, Any]]) -> int:
    return sum(r["updates"] is not None for r in runs)


def _told(rate: float, runs: list[dict[str, Any]]) -> str:
    after = ", ".join("-" if r["updates"] is None else str(r["updates"]) for r in runs)
    return f"rate {rate:g}: {_solved(runs)} of {len(runs)} learn it (updates {after})"
