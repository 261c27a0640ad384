"""Neurons that fire for too many places, and the threshold above which they are silenced (ICRA 2023, section III-C)."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Int64

from ..measures import recall_at

THRESHOLDS = (0, 2, 3, 5, 8, 10, 15, 20, 30, 40, 60, 80, 100, 120, 140, 160, 180, 200)
"""Numbers of places tried in calibration; 0 silences nobody. The published grid, finer at its lower end."""


def places_fired_for(counts: Int[np.ndarray, "place module neuron"]) -> Int64[np.ndarray, "module neuron"]:
    """For how many of the reference places, those of other modules included, each neuron fired at least once."""
    return (counts > 0).sum(0)


def hyperactive(activity: Int64[np.ndarray, "module neuron"], threshold: int) -> Bool[np.ndarray, "module neuron"]:
    """Neurons that fired for `threshold` places or more; nobody at threshold 0."""
    return activity >= threshold if threshold > 0 else np.zeros_like(activity, dtype=bool)


def calibrated_threshold(
    scores_at: Callable[[int], Float[np.ndarray, "query place"]],
    truth: Bool[np.ndarray, "query place"],
    thresholds: Sequence[int] = THRESHOLDS,
) -> tuple[int, dict[int, float]]:
    """The threshold with the best recall at 1 on held-back queries, and the recall at each.

    Of equally good ones the middle of the longest unbroken run is taken: a maximum that its neighbours share is more
    likely to hold for other queries than a lone one.
    """
    recalls = {t: recall_at(scores_at(t), truth) for t in thresholds}
    best = max(recalls.values())
    runs: list[list[int]] = [[]]
    for t in thresholds:
        if recalls[t] == best:
            runs[-1].append(t)
        elif runs[-1]:
            runs.append([])
    longest = max(runs, key=len)
    return longest[len(longest) // 2], recalls
