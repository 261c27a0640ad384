"""Measures of reaching and holding against movements whose measures are known in closed form."""

import math

import numpy as np

from innervate.launch.analysis.measures import holding, reaching
from innervate.launch.analysis.measures.laterality import interaction, laterality_index
from innervate.launch.run.statistics import mean_interval

DT_S = 0.001


def minimum_jerk(distance_m: float = 0.3, duration_s: float = 0.6) -> np.ndarray:
    """One reach along x, (time, 1, 2) (Flash & Hogan 1985)."""
    s = np.arange(0, duration_s + DT_S / 2, DT_S) / duration_s
    x = distance_m * (10 * s**3 - 15 * s**4 + 6 * s**5)
    return np.stack([x, np.zeros_like(x)], axis=-1)[:, None]


def test_a_minimum_jerk_reach_has_its_analytic_measures() -> None:
    path, target = minimum_jerk(), np.array([[0.3, 0.0]])
    np.testing.assert_allclose(reaching.peak_speed(path, DT_S), 1.875 * 0.3 / 0.6, rtol=1e-4)
    np.testing.assert_allclose(reaching.time_to_peak(path, DT_S), 0.3, atol=2 * DT_S)
    np.testing.assert_allclose(reaching.end_error(path, target), 0, atol=1e-12)
    np.testing.assert_allclose(reaching.linearity(path, target), 0, atol=1e-12)
    np.testing.assert_allclose(reaching.direction_error(path, target, DT_S), 0, atol=1e-12)
    np.testing.assert_allclose(reaching.path_ratio(path), 1)
    # integral of squared jerk 720 D^2 / T^5, peak speed 1.875 D / T
    np.testing.assert_allclose(reaching.log_dimensionless_jerk(path, DT_S), -math.log(720 / 1.875**2), atol=0.02)
    assert reaching.speed_peaks(path, DT_S).tolist() == [1]
    assert -1.5 < reaching.sparc(path, DT_S)[0] < -1.35  # published for a minimum-jerk movement: about -1.41


def test_a_detour_is_measured_and_two_strokes_are_two_peaks() -> None:
    turn = np.linspace(0, math.pi, 1001)
    arc = np.stack([0.5 - 0.5 * np.cos(turn), 0.5 * np.sin(turn)], axis=-1)[:, None]
    target = np.array([[1.0, 0.0]])
    np.testing.assert_allclose(reaching.linearity(arc, target), 0.5, rtol=1e-5)
    np.testing.assert_allclose(reaching.path_ratio(arc), math.pi / 2, rtol=1e-5)
    there = minimum_jerk()
    twice = np.concatenate([there, there[-1:] + there[1:]])
    assert reaching.speed_peaks(twice, DT_S).tolist() == [2]
    assert reaching.sparc(twice, DT_S)[0] < reaching.sparc(there, DT_S)[0]
    assert reaching.log_dimensionless_jerk(twice, DT_S)[0] < reaching.log_dimensionless_jerk(there, DT_S)[0]


def test_constant_and_variable_errors_are_apart() -> None:
    target = np.zeros((4, 2))
    ends = np.array([[0.03, 0.01], [0.03, -0.01], [0.03, 0.01], [0.03, -0.01]])
    constant, variable = reaching.constant_and_variable_error(np.stack([target, ends]), target)
    np.testing.assert_allclose([constant, variable], [0.03, 0.01])


def test_a_decaying_displacement_has_its_analytic_measures() -> None:
    time = np.arange(0, 1, DT_S)
    away = np.where(time < 0.1, time / 0.1, np.exp(-(time - 0.1) / 0.2)) * 0.02
    path = np.stack([away, np.zeros_like(away)], axis=-1)[:, None]
    np.testing.assert_allclose(holding.peak_displacement(path), 0.02, rtol=1e-6)
    np.testing.assert_allclose(holding.time_to_return(path, DT_S), 0.2 * math.log(2), atol=2 * DT_S)
    end = 0.02 * np.exp(-0.85 / 0.2)
    np.testing.assert_allclose(holding.steady_state_error(path, DT_S), end, rtol=0.02)
    np.testing.assert_allclose(holding.drift_speed(path, DT_S), end / 0.2, rtol=0.02)


def test_the_sway_ellipse_holds_95_percent() -> None:
    rng = np.random.default_rng(0)
    mixing = np.array([[0.02, 0.01], [0.0, 0.005]])
    path = rng.normal(size=(200_000, 1, 2)) @ mixing
    area = holding.sway_area(path)[0]
    covariance = mixing.T @ mixing
    radius2 = area / (math.pi * math.sqrt(np.linalg.det(covariance)))
    inside = np.einsum("ni,ij,nj->n", path[:, 0], np.linalg.inv(covariance), path[:, 0]) <= radius2
    np.testing.assert_allclose(inside.mean(), 0.95, atol=0.003)


def test_co_contraction_is_what_antagonists_do_together() -> None:
    u = np.zeros((5, 3, 6))
    u[:, 0, 0] = 1.0  # flexor alone
    u[:, 1] = 0.4  # all alike
    u[:, 2, :2] = [0.3, 0.1]
    np.testing.assert_allclose(holding.co_contraction(u), [0, 1, 2 * 0.1 / 0.4 / 3], atol=1e-6)


def test_the_interaction_is_positive_when_each_side_wins_its_own_task() -> None:
    better, worse = np.array([1.0, 1.1]), np.array([3.0, 3.3])
    np.testing.assert_allclose(laterality_index(better, worse), -0.5)
    np.testing.assert_allclose(interaction(better, worse, worse, better), 1.0)
    np.testing.assert_allclose(interaction(better, worse, better, worse), 0.0, atol=1e-12)


def test_the_bootstrap_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    hits = [low <= 0.5 <= high for low, high in (mean_interval(rng.normal(0.5, 1, 40), 1000) for _ in range(200))]
    assert 0.88 < np.mean(hits) < 0.99
