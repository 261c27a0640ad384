"""Aggregates for few runs: interquartile mean and stratified bootstrap (Agarwal et al., NeurIPS 2021)."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float


def interquartile_mean(scores: Float[np.ndarray, "*scores"]) -> float:
    """Mean of the middle half of all scores; a quarter of them, rounded down, is left out at each end."""
    flat = np.sort(scores, axis=None)
    cut = len(flat) // 4
    return float(flat[cut : len(flat) - cut].mean())


def stratified_bootstrap(
    scores: Float[np.ndarray, "run task"],
    rng: np.random.Generator,
    statistic: Callable[[np.ndarray], float] = interquartile_mean,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> tuple[float, float]:
    """Percentile interval of a statistic; runs are drawn with replacement within each task."""
    runs, tasks = scores.shape
    drawn = rng.integers(0, runs, (resamples, runs, tasks))
    values = [statistic(np.take_along_axis(scores, rows, axis=0)) for rows in drawn]
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def probability_of_improvement(
    ours: Float[np.ndarray, "run"],
    theirs: Float[np.ndarray, "other"],
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> tuple[float, tuple[float, float]]:
    """How probably a run of ours scores above one of theirs (ties count half), and its bootstrap interval."""

    def statistic(a: np.ndarray, b: np.ndarray) -> float:
        return float((a[:, None] > b).mean() + 0.5 * (a[:, None] == b).mean())

    drawn = [
        statistic(ours[rng.integers(0, len(ours), len(ours))], theirs[rng.integers(0, len(theirs), len(theirs))])
        for _ in range(resamples)
    ]
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return statistic(ours, theirs), (float(low), float(high))


def performance_profile(
    scores: Float[np.ndarray, "run episode"], thresholds: Float[np.ndarray, "threshold"]
) -> Float[np.ndarray, "threshold"]:
    """Share of all episodes that score above each threshold."""
    return (scores.reshape(-1, 1) > thresholds).mean(axis=0)
