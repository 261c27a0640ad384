"""Spike matching: a network of spiking neurons learns, without gradients, to fire as another one does."""

import math
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.agents.threads import one_thread
from innervate.controllers.plasticity.pspm import PSPMConfig, corrections
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval

NEURONS, STEPS, DT_S = 50, 300, 1e-3
TAU_S, THRESHOLD, FILTER_S = 0.02, 1.0, 0.01
SLACK = 3
"""Steps by which a spike may be early or late."""


def driven(
    weight: Float[Tensor, "net pre post"], current: Float[Tensor, "time net neuron"]
) -> Float[Tensor, "time net neuron"]:
    """Spikes of leaky integrate-and-fire neurons, all to all, one step late; reset to 0, no refractory time."""
    keep, v = math.exp(-DT_S / TAU_S), torch.zeros_like(current[0])
    spike, spikes = torch.zeros_like(v), list[Tensor]()
    for now in current:
        v = keep * v * (1 - spike) + now + torch.bmm(spike.unsqueeze(1), weight).squeeze(1)
        spike = (v >= THRESHOLD).to(v.dtype)
        spikes.append(spike)
    return torch.stack(spikes)


def distance(a: Float[Tensor, "time net neuron"], b: Float[Tensor, "time net neuron"]) -> Float[Tensor, "net"]:
    """Van Rossum's, over that of the first from silence: 0 is equal, 1 as far as no spike at all."""
    keep, traces = math.exp(-DT_S / FILTER_S), list[Tensor]()
    for train in (a, a - b):
        trace, summed = torch.zeros_like(train[0]), torch.zeros_like(train[0])
        for now in train:
            trace = keep * trace + now
            summed = summed + trace.square()
        traces.append(summed.sum(-1))
    return (traces[1] / traces[0].clamp(min=1e-12)).sqrt()


def matched(rounds: int, rate: float, seed: int, *, shuffled: bool = False) -> dict[str, float]:
    """A teacher and a student with other weights, driven alike; `shuffled`: the wanted spikes come at other times."""
    one_thread()
    generator = torch.Generator().manual_seed(seed)
    teacher, student = (
        0.12 * torch.randn(1, NEURONS, NEURONS, generator=generator) * (1 - torch.eye(NEURONS)) for _ in range(2)
    )
    current = 0.045 + 0.12 * torch.randn(STEPS, 1, NEURONS, generator=generator)
    wanted = driven(teacher, current)
    told = wanted[torch.randperm(STEPS, generator=generator)] if shuffled else wanted
    rule = PSPMConfig(rate=rate, window_s=0.02).build(NEURONS, NEURONS, generator, DT_S)
    begun, state, there = student, rule.zero(1), 1 - torch.eye(NEURONS)
    first = float(distance(wanted, driven(student, current)))
    for _ in range(rounds):
        spikes = driven(student, current)
        modulators, changed = corrections(spikes, told, SLACK), torch.zeros_like(student)
        state = {**rule.zero(1), "step": state["step"]}  # new noise, no spike from before the trial
        late = torch.cat([torch.zeros_like(spikes[:1]), spikes[:-1]])  # a spike arrives a step after it was fired
        for pre, post, modulator in zip(late, spikes, modulators, strict=True):
            change, state = rule.change(pre, post, student, modulator, state)
            changed = changed + change
        student = (student + changed * there).clamp(-1, 1)
    off = there.bool()

    def alike(weight: Tensor) -> float:
        return float(np.corrcoef(weight[0][off].numpy(), teacher[0][off].numpy())[0, 1])

    last = driven(student, current)
    return {
        "first": first, "last": float(distance(wanted, last)), "rate_hz": float(wanted.mean() / DT_S),
        "rate_last_hz": float(last.mean() / DT_S), "correlation": alike(student), "correlation_first": alike(begun),
    }  # fmt: skip


def matching_rows(bench: Bench) -> Iterator[Row]:
    """The distance of spike trains and the likeness of weights, at the best of three rates."""
    seeds, rounds = bench.seeds or (2 if bench.quick else 5), 20 if bench.quick else 200
    rates = (0.001, 0.003, 0.01)

    def runs(shuffled: bool) -> tuple[list[dict[str, float]], str]:
        every = {
            rate: [
                bench.once(f"pspm {rounds} {rate} {shuffled} {s}", partial(matched, rounds, rate, s, shuffled=shuffled))
                for s in range(seeds)
            ]
            for rate in rates
        }
        best = min(every.values(), key=lambda found: np.mean([run["last"] for run in found]))
        means = ", ".join(f"rate {rate:g} {np.mean([r['last'] for r in of]):.3f}" for rate, of in every.items())
        return best, means

    (ours, told), (null, told_null) = runs(False), runs(True)

    def mean(name: str) -> float:
        return float(np.mean([run[name] for run in ours]))

    last, fell = [r["last"] for r in ours], [r["last"] - r["first"] for r in ours]
    interval = student_interval(fell)
    yield Row(
        row="PSPM, 50 neurons, a teacher's spikes: distance after learning less before", value=float(np.mean(fell)),
        unit="van Rossum, silence 1", interval=interval, n=seeds,
        peer=f"before {mean('first'):.3f}, after {told}; {mean('rate_hz'):.1f} Hz wanted, {mean('rate_last_hz'):.1f} "
             "Hz fired",
        reach="below 0 by the interval", holds=interval is not None and interval[1] < 0,
    )  # fmt: skip
    apart = [a - b["last"] for a, b in zip(last, null, strict=True)]
    interval = student_interval(apart)
    yield Row(
        row="PSPM, less the null that is told shuffled times", value=float(np.mean(apart)),
        unit="van Rossum, silence 1", interval=interval, n=seeds, peer=f"null after {told_null}",
        reach="below 0 by the interval", holds=interval is not None and interval[1] < 0,
    )  # fmt: skip
    alike = [r["correlation"] for r in ours]
    interval = student_interval(alike)
    yield Row(
        row="PSPM: correlation of the weights with the teacher's", value=float(np.mean(alike)), unit="r",
        interval=interval, n=seeds, peer=f"before {mean('correlation_first'):.3f}; 1 were its weights",
        reach="they do not match: below 0.5", holds=interval is not None and interval[1] < 0.5,
    )  # fmt: skip
