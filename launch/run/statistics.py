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
