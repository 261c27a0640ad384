"""Tasks one after the other, told by a context: what active dendrites keep of the first ones."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.agents.threads import one_thread
from innervate.controllers import Controller, ControllerSpec
from innervate.controllers.circuits.recurrent import RecurrentConfig
from innervate.controllers.core import CoreConfig
from innervate.controllers.cores.dendrites import ActiveDendrites
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.cores.paired import less
from innervate.launch.run.statistics import student_interval
from innervate.signals import Channel

TASKS, FEATURES, TEACHER = 5, 16, 8
SPEC = ControllerSpec(
    observations=(Channel("features", FEATURES), Channel("task", TASKS)), action_size=1, control_step_s=0.02
)
PARAMETERS, BATCH, UPDATES, TEST = 4000, 64, 300, 1000
RATES, TUNING = (1e-3, 3e-3, 1e-2), 100
ARMS = {
    "dendrites": ("dendrites", False),
    "null: dendrites that gate nothing": ("dendrites", False),
    "null: dense units, the context in their input": ("dense", False),
    "control: dendrites, all tasks mixed": ("dendrites", True),
    "control: dense units, all tasks mixed": ("dense", True),
}
"""Core, and whether the tasks come mixed: what the same net can hold at all."""


class Tasks:
    """Each is the sign of a random net of one hidden layer, of 16 white features."""

    def __init__(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.into = torch.randn(TASKS, TEACHER, FEATURES, generator=generator) / FEATURES**0.5
        self.out = torch.randn(TASKS, TEACHER, generator=generator)

    def drawn(
        self, task: Tensor, generator: torch.Generator
    ) -> tuple[dict[str, Float[Tensor, "n channel"]], Float[Tensor, "n"]]:
        """Observations and answers, -1 or 1, of the tasks given, (n,)."""
        x = torch.randn(len(task), FEATURES, generator=generator)
        hidden = torch.tanh(3 * torch.einsum("nhf,nf->nh", self.into[task], x))
        answer = torch.where((hidden * self.out[task]).sum(-1) > 0, 1.0, -1.0)
        return {"features": x, "task": told(task)}, answer


def answered(net: Controller, obs: dict[str, Tensor]) -> Float[Tensor, "n"]:
    """The action of a net that has been in the task for long: of the inputs' mean, the task is left."""
    state = net.initial_state(len(obs["task"]))
    if "context" in state:
        state = {**state, "context": torch.cat([torch.zeros_like(obs["features"]), obs["task"]], dim=-1)}
    return net(obs, state)[0][:, 0]


def told(task: Tensor) -> Float[Tensor, "n tasks"]:
    """The context."""
    return torch.nn.functional.one_hot(task, TASKS).float()


@contextmanager
def ungated(arm: str) -> Generator[None, None, None]:
    """Dendrites that let everything pass by half, for the null."""
    ActiveDendrites.GATED = "gate nothing" not in arm
    try:
        yield
    finally:
        ActiveDendrites.GATED = True


def measured(arm: str, rate: float, seed: int) -> dict[str, Any]:
    """Shares of right answers in each task, after all; updates and batches are as many, mixed or in a row."""
    one_thread()
    kind, mixed = ARMS[arm]
    with ungated(arm):
        began = time.process_time()
        generator, tasks = torch.Generator().manual_seed(seed), Tasks(seed)
        net: Controller = RecurrentConfig(core=CoreConfig(kind=kind, parameters=PARAMETERS)).build(SPEC, generator)
        optimiser, fresh = torch.optim.Adam(net.parameters(), lr=rate), list[float]()
        for k in range(TASKS * UPDATES):
            drawn = torch.randint(TASKS, (BATCH,), generator=generator)
            obs, answers = tasks.drawn(drawn if mixed else torch.full((BATCH,), k // UPDATES), generator)
            loss = -torch.log((1 + answered(net, obs) * answers) / 2 + 1e-6).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if (k + 1) % UPDATES == 0:
                fresh.append(_right(net, tasks, k // UPDATES, seed))
        return {
            "right": [_right(net, tasks, task, seed) for task in range(TASKS)],
            "fresh": fresh,
            "parameters": net.parameter_count(),
            "cpu_s": time.process_time() - began,
        }


@torch.no_grad()
def _right(net: Controller, tasks: Tasks, task: int, seed: int) -> float:
    obs, answers = tasks.drawn(torch.full((TEST,), task), torch.Generator().manual_seed(10_000 + seed))
    return float((answered(net, obs) * answers > 0).float().mean())


def contexts_rows(bench: Bench) -> Iterator[Row]:
    """Every arm at the rate that was best for another seed, of three."""
    seeds, found = bench.seeds or (3 if bench.quick else 5), dict[str, list[float]]()
    for arm in ARMS:

        def piece(rate: float, seed: int, arm: str = arm) -> dict[str, Any]:
            return bench.once(f"contexts {arm} {rate} {seed}", partial(measured, arm, rate, seed))

        tuning = {rate: float(np.mean(piece(rate, TUNING)["right"])) for rate in RATES}
        rate = max(RATES, key=tuning.__getitem__)
        runs = [piece(rate, seed) for seed in range(seeds)]
        found[arm] = values = [float(np.mean(r["right"])) for r in runs]
        said, reach, holds = "", "", None
        if arm.startswith("null"):
            said, (low, _) = less(np.array(found["dendrites"]), np.array(values), "this")
            said, reach, holds = f"; dendrites {said}", "below the dendrites", low > 0
        yield Row(
            row=f"{TASKS} tasks in a row, told by a context, {arm}: accuracy over all of them at the end",
            value=float(np.mean(values)), unit="share", interval=student_interval(values), n=seeds,
            peer=f"the task just learned {np.mean([r['fresh'] for r in runs]):.3f}; rate {rate:g} of three; "
                 f"{runs[0]['parameters']} parameters, {np.mean([r['cpu_s'] for r in runs]):.1f} CPU-s a run; "
                 f"chance 0.50{said}",
            reach=reach, holds=holds,
        )  # fmt: skip
