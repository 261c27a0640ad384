"""Scores made so that the probability of being right is known."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from innervate.errors import ConfigError
from innervate.perception.place.calibration import Calibration, expected_calibration_error, fit_calibration
from innervate.perception.place.measures import margin_confidence, precision_recall
from innervate.perception.place.recognisers.spiking_map import SpikingMap

from .scenes import later, route


def answers(n: int, slope: float, offset: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Margins, and answers right with the probability that a sigmoid of them says."""
    rng = np.random.default_rng(seed)
    margin = rng.random(n)
    return margin, rng.random(n) < 1 / (1 + np.exp(-(slope * margin + offset)))


def test_the_sigmoid_behind_the_answers_is_found() -> None:
    margin, right = answers(40_000, 6.0, -2.0, seed=0)
    found = fit_calibration(margin, right)
    assert found.slope == pytest.approx(6.0, rel=0.05)
    assert found.offset == pytest.approx(-2.0, rel=0.05)


def test_overconfidence_is_mended_on_queries_not_used_for_it() -> None:
    margin, right = answers(600, 5.0, -4.0, seed=1)
    calibration = fit_calibration(margin[:200], right[:200])
    before = expected_calibration_error(margin[200:], right[200:])
    after = expected_calibration_error(calibration(margin[200:]), right[200:])
    assert before > 0.15
    assert after < before / 2


def test_the_error_of_known_answers_by_hand() -> None:
    right = np.array([True, True, False, False])
    assert expected_calibration_error(np.array([1.0, 1.0, 0.0, 0.0]), right, bins=2) == 0
    assert expected_calibration_error(np.array([0.9, 0.7, 0.6, 0.5]), right, bins=2) == pytest.approx(0.375)
    assert expected_calibration_error(np.full(4, 0.5), np.array([True, False] * 2), bins=2) == 0
    rng = np.random.default_rng(2)
    p = rng.random(50_000)
    assert expected_calibration_error(p, rng.random(50_000) < p) < 0.01
    with pytest.raises(ConfigError, match="no calibration error"):
        expected_calibration_error(np.zeros(0), np.zeros(0, bool))


@pytest.mark.parametrize("all_right", [True, False])
def test_a_few_answers_of_one_kind_make_no_certainty(all_right: bool) -> None:
    sure = fit_calibration(np.linspace(0.1, 0.9, 8), np.full(8, all_right))(np.array([0.0, 0.5, 1.0]))
    assert ((sure > 0.02) & (sure < 0.98)).all()
    assert (sure > 0.5).all() == all_right


def test_answers_that_separate_stay_finite() -> None:
    margin = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9])
    found = fit_calibration(margin, margin > 0.5)
    assert np.isfinite([found.slope, found.offset]).all()
    assert found(np.array([0.0]))[0] < 0.25
    assert found(np.array([1.0]))[0] > 0.75
    with pytest.raises(ConfigError, match="none was given"):
        fit_calibration(np.zeros(0), np.zeros(0, bool))
    with pytest.raises(ConfigError, match="not finite"):
        fit_calibration(np.array([np.nan]), np.array([True]))


def test_a_recogniser_says_how_often_it_is_right_and_remembers_it(tmp_path: Path) -> None:
    images = route(30, seed=3)
    places = SpikingMap(0)
    places.fit(images)
    scores = places.scores(later(images, seed=4))
    truth = np.eye(30, dtype=bool)
    curve = precision_recall(scores, truth)
    assert np.array_equal(places.confidence(scores), margin_confidence(scores))
    calibration = places.calibrate_confidence(scores, truth)
    assert calibration.slope > 0 or truth[np.arange(30), scores.argmax(1)].all()
    place, _ = places.step(images[3], places.begin())
    assert place.confidence == pytest.approx(calibration(margin_confidence(place.scores[None]))[0])
    if calibration.slope > 0:
        same = precision_recall(scores, truth, places.confidence(scores))
        assert same.area == pytest.approx(curve.area)
    places.save(tmp_path / "map.npz")
    assert SpikingMap.load(tmp_path / "map.npz").calibration == calibration
    places.fit(images)
    assert places.calibration is None  # another map, other margins
    with pytest.raises(ConfigError, match="ground truth"):
        places.calibrate_confidence(scores, truth[:5])


def test_a_calibration_is_a_value() -> None:
    assert Calibration(2.0, -1.0)(np.array([0.5]))[0] == pytest.approx(0.5)
    assert Calibration(1.0, 0.0)(np.array([-1e4, 1e4])) == pytest.approx([0.0, 1.0])
