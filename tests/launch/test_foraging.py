"""Measures of foraging against paths worked out by hand."""

import math
from typing import Any

import numpy as np
import pytest

from innervate.errors import ConfigError
from innervate.launch.analysis.measures import foraging as f
from innervate.launch.analysis.measures.foraging import Trial


def test_savings_and_spl_of_numbers() -> None:
    assert f.savings(np.array([80.0, 120.0]), np.array([10.0, 10.0])) == pytest.approx(0.9)
    saved = f.savings_of_what_can_be_saved(np.array([80.0, 120.0]), np.array([10.0, 10.0]), 5.0)
    assert saved == pytest.approx(90 / 95)
    found, straight, path = np.array([True, True, False]), np.array([4.0, 4.0, 4.0]), np.array([4.0, 8.0, 4.0])
    assert f.spl(found, straight, path) == pytest.approx((1 + 0.5 + 0) / 3)
    assert f.spl(np.array([True]), np.array([4.0]), np.array([3.9])) == 1.0  # no more than straight


def test_zones_turn_about_the_middle() -> None:
    around = f.zones(np.array([2.0, 0.0]))
    np.testing.assert_allclose(around[:3], [[2, 0], [math.sqrt(2), math.sqrt(2)], [0, 2]], atol=1e-12)
    half_here = np.array([[2.0, 0.5]] * 5 + [[0.0, -2.5]] * 3 + [[0.0, 0.0]] * 2)
    shares = f.occupancy(half_here, np.array([2.0, 0.0]))
    assert shares[0] == 0.5 and shares[6] == 0.3 and shares.sum() == pytest.approx(0.8)
    assert f.preference(half_here, np.array([2.0, 0.0])) == pytest.approx(5 / 8)
    assert math.isnan(f.preference(np.zeros((4, 2)), np.array([2.0, 0.0])))
    assert f.quadrant(np.array([[1, 1], [2, 0.1], [-1, 1], [1, -1]], float), np.array([3.0, 2.0])) == 0.5
    assert f.proximity_m(np.array([[0.0, 0.0], [3.0, 4.0]]), np.zeros(2)) == 2.5


def test_heading_error_after_a_metre() -> None:
    bend = np.array([[0, 0], [0.5, 0], [1.0, 0], [1.0, 9.0]], float)
    assert f.heading_error_rad(bend, np.array([0.0, 5.0])) == pytest.approx(math.pi / 2)
    assert f.heading_error_rad(bend, np.array([5.0, 0.0])) == pytest.approx(0)
    west = np.array([[0, 0], [-1.0, 0.1]])
    assert f.heading_error_rad(west, np.array([-1.0, -0.1])) == pytest.approx(2 * math.atan(0.1))  # over the half turn
    assert math.isnan(f.heading_error_rad(bend[:2], np.array([5.0, 0.0])))


def test_perseveration_recovery_bumps_and_retention() -> None:
    old = np.array([3.0, 0.0])
    assert f.perseveration([np.array([[0.0, 0.0], [2.5, 0.0]]), np.zeros((3, 2))], old) == 0.5
    error = np.array([0.1, 3.0, 2.0, 0.4, 0.9, 0.3, 0.2, 0.1, 0.1])
    assert f.recovery_s(error, 1, 0.5) == pytest.approx(2.0)  # twice within half a metre, from the sixth number on
    assert f.recovery_s(np.full(9, 2.0), 1, 0.5) == math.inf
    assert f.bumps(np.array([True, True, False, True, False, False, True])) == 3
    kept = f.retention(np.array([True, True, False, False]), np.array([1.0, 5.0, 7.0, 30.0]), (0, 10, 20, 40))
    assert kept[0] == pytest.approx(2 / 3) and math.isnan(kept[1]) and kept[2] == 0
    believed, true = np.array([[0.0, 3.0]]), np.array([[4.0, 0.0]])
    assert f.localisation_error_m(believed, true)[0] == 5


def test_indices_of_chemotaxis() -> None:
    """Half the way at constant speed: the mean distance is three quarters of the first."""
    track = np.stack([np.linspace(4, 2, 101), np.zeros(101)], axis=1)
    assert f.chemotaxis_index(track, np.zeros(2)) == pytest.approx(0.25)
    assert f.chemotaxis_index(track[::-1], np.zeros(2)) == 0  # away from it
    ends = np.array([[1, 0], [1.1, 0], [-1, 0.1], [0, 3]], float)
    assert f.assay_index(ends, np.tile([1.0, 0.0], (4, 1)), 0.5) == pytest.approx((2 - 1) / 3)
    assert math.isnan(f.assay_index(np.full((2, 2), 9.0), np.tile([1.0, 0.0], (2, 1)), 0.5))


def trial(number: int, latency_s: float, **more: Any) -> Trial:
    settings: dict[str, Any] = {
        "day": 0, "number": number, "probe": False, "found": True, "latency_s": latency_s, "path_m": 2 * latency_s,
        "straight_m": latency_s, "goal_m": np.array([[2.0, 0.0]]), "track_m": np.array([[2.0, 0.0]] * 4),
        "heading_rad": np.zeros(4), "touching": np.zeros(4, bool), "carried": np.zeros(4, bool), "step_s": 0.1,
    }  # fmt: skip
    return Trial(**{**settings, **more})


def test_a_summary_of_days() -> None:
    days = [[trial(1, 60.0), trial(2, 6.0), trial(2, 60.0, probe=True)], [trial(1, 40.0, found=False), trial(2, 4.0)]]
    told = f.summary(days)
    assert told["latency_1_s"] == 50 and told["latency_2_s"] == 5 and told["success_1"] == 0.5
    assert told["spl_1"] == pytest.approx(0.25) and told["spl_2"] == pytest.approx(0.5)
    assert told["savings"] == pytest.approx(0.9) and told["probe_within"] == 1 == told["probe_preference"]
    with pytest.raises(ConfigError, match="only probes"):
        f.summary([[trial(1, 60.0, probe=True)]])
