"""Detectors of spatial patterns, taught by a spike just after the pattern: how often they fire for another's."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.agents.threads import one_thread
from innervate.controllers.plasticity.pair_stdp import PairSTDPConfig
from innervate.controllers.plasticity.symmetric_stdp import rescaled
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval

INPUTS, ACTIVE, PATTERNS = 64, 16, 10
DT_S, TAUGHT_AFTER, APART = 0.002, 1, 40
"""A pattern's inputs spike together, its teacher 2 ms later, the next pattern comes 80 ms after."""
ROUNDS = 40
THRESHOLDS = (0.3, 0.4, 0.5)
"""Share of a detector's total weight that must arrive for it to fire."""


def predicted(threshold: float) -> float:
    """Probability that two random patterns share so much: the hypergeometric law (Ahmad and Hawkins 2016)."""
    least, whole = math.ceil(threshold * ACTIVE - 1e-9), math.comb(INPUTS, ACTIVE)
    ways = (math.comb(ACTIVE, b) * math.comb(INPUTS - ACTIVE, ACTIVE - b) for b in range(least, ACTIVE + 1))
    return sum(ways) / whole


def taught(
    patterns: Float[Tensor, "net pattern input"], teacher: Float[Tensor, "net pattern detector"], rounds: int
) -> Float[Tensor, "net input detector"]:
    """Weights after so many rounds of all patterns, kept to a sum of 1 by homeostasis after each."""
    nets = len(patterns)
    rule = PairSTDPConfig(potentiation=0.02, depression=0.0).build(INPUTS, PATTERNS, torch.Generator(), DT_S)
    weight, one = torch.full((nets, INPUTS, PATTERNS), 1 / INPUTS), torch.ones(nets, PATTERNS)
    silent = torch.zeros(nets, INPUTS), torch.zeros(nets, PATTERNS)
    for k in [*range(PATTERNS)] * rounds:
        state = rule.zero(nets)  # 80 ms are four time constants, and depression is left to homeostasis
        for step in range(TAUGHT_AFTER + 1):
            pre = patterns[:, k] if step == 0 else silent[0]
            post = teacher[:, k] if step == TAUGHT_AFTER else silent[1]
            change, state = rule.change(pre, post, weight, one, state)
            weight = weight + change
        weight = rescaled(weight, 1.0)
    return weight


def recognised(nets: int, rounds: int, seed: int) -> dict[str, Any]:
    """Of detectors that were taught, and of such whose teacher fired at random: how often they fire, by threshold."""
    one_thread()
    rng = np.random.default_rng(seed)
    chosen = np.zeros((nets, PATTERNS, INPUTS), np.float32)
    for net in chosen:
        for pattern in net:
            pattern[rng.permutation(INPUTS)[:ACTIVE]] = 1
    patterns, eye = torch.from_numpy(chosen), torch.eye(PATTERNS)
    right = eye.expand(nets, -1, -1)
    found: dict[str, Any] = {}
    for name in ("taught", "null"):
        if name == "taught":
            weight = taught(patterns, right, rounds)
        else:  # a new teacher at random in every round
            draws = [eye[torch.from_numpy(rng.integers(PATTERNS, size=(nets, PATTERNS)))] for _ in range(rounds)]
            weight = torch.full((nets, INPUTS, PATTERNS), 1 / INPUTS)
            weight = torch.stack([taught(patterns, draw, 1) for draw in draws]).mean(0)
        arriving = torch.bmm(patterns, weight)
        for threshold in THRESHOLDS:
            fires = arriving >= threshold - 1e-3
            own = fires[:, eye.bool()]
            others = fires[:, ~eye.bool()]
            alone = own & (fires.sum(2) == 1)
            found[f"{name} {threshold}"] = {
                "own": float(own.float().mean()), "others": float(others.float().mean()),
                "alone": float(alone.float().mean()),
            }  # fmt: skip
    return found


def law_rows(bench: Bench) -> Iterator[Row]:
    """False matches against the law, and accuracy beside what random teaching gives."""
    seeds, nets, rounds = bench.seeds or (2 if bench.quick else 5), 40 if bench.quick else 200, ROUNDS
    runs = [bench.once(f"law {nets} {rounds} {s}", partial(recognised, nets, rounds, s)) for s in range(seeds)]
    for threshold in THRESHOLDS:
        told = [run[f"taught {threshold}"] for run in runs]
        false, law = [t["others"] for t in told], predicted(threshold)
        interval = student_interval(false)
        yield Row(
            row=f"supervised STDP, threshold {threshold:g} of the weight: detectors that fire for another's pattern",
            value=float(np.mean(false)), unit="share", interval=interval, n=seeds,
            peer=f"the hypergeometric law: {law:.5f}; fire for their own: {np.mean([t['own'] for t in told]):.4f}",
            reach="the law within the interval",
            holds=interval is not None and interval[0] <= law <= interval[1],
        )  # fmt: skip
        alone, null = [t["alone"] for t in told], [run[f"null {threshold}"]["alone"] for run in runs]
        yield Row(
            row=f"supervised STDP, threshold {threshold:g}: patterns for which their own detector fires, and no other",
            value=float(np.mean(alone)), unit="share", interval=student_interval(alone), n=seeds,
            peer=f"by the law {(1 - law) ** (PATTERNS - 1):.3f}; null, teacher at random: {np.mean(null):.3f}",
            reach="above the null", holds=min(alone) > max(null),
        )  # fmt: skip
