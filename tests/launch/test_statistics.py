"""Aggregates against scipy and against known sampling distributions."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, trim_mean

from innervate.launch.run.statistics import (
    bootstrap_interval,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
)


@pytest.mark.parametrize("n", [1, 3, 4, 10, 33])
def test_interquartile_mean_is_scipys(n: int) -> None:
    scores = np.random.default_rng(n).normal(size=(n, 2))
    assert interquartile_mean(scores) == pytest.approx(trim_mean(scores.ravel(), 0.25))


def test_one_wild_run_does_not_move_it() -> None:
    scores = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 1e9])
    assert interquartile_mean(scores) == 4.5


def test_the_bootstrap_has_the_width_of_a_trimmed_mean() -> None:
    """Of n normal draws the interquartile mean has a standard error of 1.094 / sqrt(n) (Huber's asymptotic one)."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(400, 1, 1))
    low, high = bootstrap_interval(scores, rng)
    assert low < interquartile_mean(scores) < high
    assert high - low == pytest.approx(2 * 1.96 * 1.094 / 400**0.5, rel=0.15)


def test_tasks_are_strata() -> None:
    """Tasks at 0 and 100 without noise: no resample mixes them, so the interval has no width."""
    scores = np.tile([[0.0], [100.0]], (5, 1, 1))
    assert bootstrap_interval(scores, np.random.default_rng(0)) == (50.0, 50.0)


def test_episodes_go_with_their_run() -> None:
    """A hundred copies of an episode are one episode: they must not narrow the interval."""
    rng = np.random.default_rng(0)
    runs = rng.normal(size=(8, 1, 1))
    once = bootstrap_interval(runs, np.random.default_rng(1))
    often = bootstrap_interval(np.repeat(runs, 100, axis=2), np.random.default_rng(1))
    np.testing.assert_allclose(often, once, rtol=1e-9)


@pytest.mark.parametrize("runs", [2, 3, 5, 10])
@pytest.mark.parametrize("skewed", [False, True])
def test_the_interval_covers(runs: int, skewed: bool) -> None:
    """400 synthetic data sets with a run effect: the truth lies inside about 95 % of the time (2,000 in the bench)."""
    rng = np.random.default_rng(runs)

    def draw(n: int) -> np.ndarray:
        effect = rng.lognormal(0, 0.8, (n, 1, 1)) if skewed else rng.normal(size=(n, 1, 1))
        return effect + rng.normal(0, 0.7, (n, 1, 10))

    truth = interquartile_mean(draw(100_000))
    found = [bootstrap_interval(draw(runs), rng, resamples=500) for _ in range(400)]
    inside = [low <= truth <= high for low, high in found]
    assert 0.915 < np.mean(inside) < 0.98  # 95 % with four standard errors down; conservative for two and three runs


def test_one_run_has_no_interval() -> None:
    assert bootstrap_interval(np.zeros((1, 1, 9)), np.random.default_rng(0)) == (-np.inf, np.inf)


def test_probability_of_improvement_is_mann_whitney_s() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.5, 1, 12), rng.normal(0, 1, 9)
    value, (low, high) = probability_of_improvement(a, b)
    assert value == pytest.approx(mannwhitneyu(a, b).statistic / (12 * 9))
    assert 0 <= low < value < high <= 1
    assert probability_of_improvement(a, a)[0] == 0.5


def test_three_wins_of_three_are_not_certainty() -> None:
    value, (low, high) = probability_of_improvement(np.array([1.0, 2.0, 3.0]), np.zeros(3))
    assert value == high == 1 and 0.3 < low < 0.7


def test_the_interval_of_an_improvement_covers() -> None:
    rng = np.random.default_rng(5)
    found = [probability_of_improvement(rng.normal(size=6), rng.normal(size=8))[1] for _ in range(400)]
    assert 0.92 < np.mean([low <= 0.5 <= high for low, high in found]) < 0.98


def test_a_performance_profile_is_one_minus_the_distribution() -> None:
    rng = np.random.default_rng(2)
    scores, thresholds = rng.normal(size=(20, 500)), np.array([-10.0, -1.0, 0.0, 1.0, 10.0])
    expected = np.array([1.0, 0.8413, 0.5, 0.1587, 0.0])  # of the standard normal distribution
    np.testing.assert_allclose(performance_profile(scores, thresholds), expected, atol=0.015)
