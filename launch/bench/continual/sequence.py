"""A net that learns five tasks one after the other under a keeper; or all at once, or each with a net of its own."""

import time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from innervate.agents.keeper import Data, KeeperConfig
from innervate.agents.protection import Protection
from innervate.agents.threads import one_thread
from innervate.launch.bench.continual.inverse import TASKS, samples

BATCH, HIDDEN, HELD_OUT, AT_HAND, MOMENTUM = 64, 100, 2000, 1000, 0.9


def net(generator: torch.Generator) -> nn.Sequential:
    """11-100-100-2, ReLU."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
        return nn.Sequential(
            nn.Linear(11, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2)
        )


def scale() -> float:
    """Standard deviation of the plain task's torques, N m: the unit in which all are learned."""
    return float(samples(0, 4000, torch.Generator().manual_seed(1))[1].std())


class Tests:
    """Held-out samples of every task."""

    def __init__(self) -> None:
        self._sets = [samples(k, HELD_OUT, torch.Generator().manual_seed(100 + k)) for k in range(len(TASKS))]

    @torch.no_grad()
    def errors(self, model: nn.Module, unit: float) -> list[float]:
        """Root mean square error on each task, over the standard deviation of its torques: 1 is their mean."""
        found: list[float] = []
        for x, y in self._sets:
            wrong = (model(x) * unit - y).square().mean().sqrt()
            found.append(float(wrong / (y - y.mean(0)).square().mean().sqrt()))
        return found


def loss_of(model: nn.Module, unit: float, data: Data) -> Tensor:
    """Mean squared error in units of the plain task's torques."""
    x, y = data
    return (model(x) - y / unit).square().mean()


def in_a_row(keep: KeeperConfig, rate: float, batches: int, seed: int) -> dict[str, Any]:
    """`after`: errors of all tasks after each; `floats`: what the keeper remembers at the end; CPU seconds."""
    one_thread()
    began = time.process_time()
    generator, unit, tests = torch.Generator().manual_seed(seed), scale(), Tests()
    model = net(generator)
    keeper = keep.build(model, np.random.default_rng([seed, 1]))
    momentum = MOMENTUM if keeper.takes_momentum else 0.0
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=momentum)
    protection, after = Protection(keeper, optimizer), list[list[float]]()
    for k in range(len(TASKS)):
        protection.begin_task(k)
        for _ in range(batches):
            data = samples(k, BATCH, generator)
            kept = keeper.also(BATCH)
            loss = loss_of(model, unit, data)
            if kept is not None:
                loss = (loss + loss_of(model, unit, kept)) / 2
            _descend(optimizer, model, loss)
        protection.end_task(samples(k, AT_HAND, generator), lambda data: loss_of(model, unit, data))
        after.append(tests.errors(model, unit))
    return {"after": after, "floats": keeper.floats, "cpu_s": time.process_time() - began}


def together(rate: float, batches: int, seed: int) -> dict[str, Any]:
    """The ceiling: one net, every batch of all five tasks, as many batches as the sequence has in all."""
    one_thread()
    began = time.process_time()
    generator, unit, tests = torch.Generator().manual_seed(seed), scale(), Tests()
    model = net(generator)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM)
    for _ in range(batches * len(TASKS)):
        parts = [samples(k, BATCH // len(TASKS) + 1, generator) for k in range(len(TASKS))]
        x, y = (torch.cat(part)[:BATCH] for part in zip(*parts, strict=True))
        _descend(optimizer, model, loss_of(model, unit, (x, y)))
    return {"after": [tests.errors(model, unit)], "floats": 0, "cpu_s": time.process_time() - began}


def apart(rate: float, batches: int, seed: int) -> dict[str, Any]:
    """The other ceiling: a net for each task, which shares nothing and forgets nothing."""
    one_thread()
    began = time.process_time()
    generator, unit, tests = torch.Generator().manual_seed(seed), scale(), Tests()
    found: list[float] = []
    for k in range(len(TASKS)):
        model = net(generator)
        optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM)
        for _ in range(batches):
            _descend(optimizer, model, loss_of(model, unit, samples(k, BATCH, generator)))
        found.append(tests.errors(model, unit)[k])
    own = sum(p.numel() for p in net(generator).parameters()) * (len(TASKS) - 1)
    return {"after": [found], "floats": own, "cpu_s": time.process_time() - began}


def _descend(optimizer: torch.optim.Optimizer, model: nn.Module, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
    optimizer.step()
