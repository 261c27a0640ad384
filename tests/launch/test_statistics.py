"""Aggregates against scipy and against known sampling distributions."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, trim_mean

from innervate.launch.run.statistics import (
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
    stratified_bootstrap,
)


@pytest.mark.parametrize("n", [1, 3, 4, 10, 33])
def test_interquartile_mean_is_scipys(n: int) -> None:
    scores = np.random.default_rng(n).normal(size=(n, 2))
    assert interquartile_mean(scores) == pytest.approx(trim_mean(scores.ravel(), 0.25))


def test_one_wild_run_does_not_move_it() -> None:
    scores = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 1e9])
    assert interquartile_mean(scores) == 4.5


def test_the_bootstrap_of_a_mean_has_its_known_width() -> None:
    """For a mean of n normal draws the 95 % interval is about 2 x 1.96 s / sqrt(n) wide."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(200, 1))
    low, high = stratified_bootstrap(scores, rng, statistic=lambda x: float(np.mean(x)))
    assert low < scores.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * scores.std() / 200**0.5, rel=0.1)


def test_strata_are_kept_apart() -> None:
    """Tasks at 0 and 100 without noise: no resample mixes them, so the interval has no width."""
    scores = np.tile([0.0, 100.0], (5, 1))
    low, high = stratified_bootstrap(scores, np.random.default_rng(0), statistic=lambda x: float(np.mean(x)))
    assert low == high == 50.0


def test_probability_of_improvement_is_mann_whitney_s() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.5, 1, 12), rng.normal(0, 1, 9)
    value, (low, high) = probability_of_improvement(a, b, rng)
    assert value == pytest.approx(mannwhitneyu(a, b).statistic / (12 * 9))
    assert 0 <= low < value < high <= 1
    assert probability_of_improvement(a, a, rng)[0] == 0.5


def test_a_performance_profile_is_one_minus_the_distribution() -> None:
    rng = np.random.default_rng(2)
    scores, thresholds = rng.normal(size=(20, 500)), np.array([-10.0, -1.0, 0.0, 1.0, 10.0])
    expected = np.array([1.0, 0.8413, 0.5, 0.1587, 0.0])  # of the standard normal distribution
    np.testing.assert_allclose(performance_profile(scores, thresholds), expected, atol=0.015)
