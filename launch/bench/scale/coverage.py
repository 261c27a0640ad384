"""Whether intervals cover: synthetic trainings whose truth is known."""

from collections.abc import Callable

import numpy as np

from innervate.launch.run.statistics import bootstrap_interval, interquartile_mean, probability_of_improvement

EPISODES = 10
EPISODE_SD = 0.7
RESAMPLES = 1000
TRUTH_RUNS = 400_000


def _normal(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=n)


def _skewed(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.lognormal(0, 0.8, n)


def _some_fail(n: int, rng: np.random.Generator) -> np.ndarray:
    """A quarter of all trainings end far below the others, as in reinforcement learning they do."""
    return np.where(rng.random(n) < 0.25, -3.0, 1.0) + rng.normal(0, 0.5, n)


KINDS: dict[str, Callable[[int, np.random.Generator], np.ndarray]] = {
    "normal": _normal, "skewed": _skewed, "a quarter fails": _some_fail,
}  # fmt: skip


def _scores(kind: str, runs: int, rng: np.random.Generator) -> np.ndarray:
    """(run, 1, episode): each run has a level of its own, each episode noise of its own."""
    return KINDS[kind](runs, rng)[:, None, None] + rng.normal(0, EPISODE_SD, (runs, 1, EPISODES))


def coverage(kind: str, runs: int, data_sets: int) -> float:
    """Share of data sets whose 95 % interval holds the interquartile mean of infinitely many runs."""
    rng = np.random.default_rng(np.random.SeedSequence(runs, spawn_key=(list(KINDS).index(kind),)))
    truth = interquartile_mean(_scores(kind, TRUTH_RUNS, rng))
    found = (bootstrap_interval(_scores(kind, runs, rng), rng, resamples=RESAMPLES) for _ in range(data_sets))
    return float(np.mean([low <= truth <= high for low, high in found]))


def percentile_coverage(kind: str, runs: int, data_sets: int) -> float:
    """The same for the percentile bootstrap over runs, which is what is usually shown."""
    rng = np.random.default_rng(np.random.SeedSequence(runs, spawn_key=(list(KINDS).index(kind),)))
    truth = interquartile_mean(_scores(kind, TRUTH_RUNS, rng))
    inside = 0
    for _ in range(data_sets):
        scores = _scores(kind, runs, rng)[:, 0]
        drawn = scores[rng.integers(0, runs, (RESAMPLES, runs))].reshape(RESAMPLES, -1)
        cut = drawn.shape[1] // 4
        means = np.sort(drawn, axis=1)[:, cut : drawn.shape[1] - cut].mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        inside += bool(low <= truth <= high)
    return inside / data_sets


def improvement_coverage(runs: int, data_sets: int) -> float:
    """Share of intervals of a probability of improvement that hold 1/2 where both groups are alike."""
    rng = np.random.default_rng(runs)
    found = (probability_of_improvement(rng.normal(size=runs), rng.normal(size=runs))[1] for _ in range(data_sets))
    return float(np.mean([low <= 0.5 <= high for low, high in found]))
