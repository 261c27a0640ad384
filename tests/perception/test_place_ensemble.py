from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from innervate.errors import ConfigError
from innervate.perception.place.measures import diagonal_truth, recall_at
from innervate.perception.place.recognisers.place_ensemble import EnsembleConfig, PlaceEnsemble, place_scores
from innervate.perception.place.spiking.hyperactive import calibrated_threshold, hyperactive, places_fired_for

from .scenes import route

SMALL = EnsembleConfig(module_size=3, epochs=4, neurons=60)


@pytest.fixture(scope="module")
def trained() -> tuple[PlaceEnsemble, np.ndarray]:
    images = route(7, seed=1)
    ensemble = PlaceEnsemble(2, SMALL)
    ensemble.fit(images)
    return ensemble, images


def test_it_knows_its_own_places_again(trained: tuple[PlaceEnsemble, np.ndarray]) -> None:
    ensemble, images = trained
    scores = ensemble.scores(images)
    assert scores.shape == (7, 7)
    for begin in (0, 3):  # inside a module, as published: without a common scale modules disturb each other
        part = slice(begin, begin + 3)
        assert recall_at(scores[part, part], diagonal_truth(3, 3)) == 1.0


def test_saving_and_loading_gives_the_same_answers(
    trained: tuple[PlaceEnsemble, np.ndarray], tmp_path: Path
) -> None:
    ensemble, images = trained
    path = tmp_path / "map" / "ensemble.npz"
    ensemble.save(path)
    assert np.array_equal(PlaceEnsemble.load(path).scores(images[:2]), ensemble.scores(images[:2]))
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ConfigError, match=r"ensemble\.npz"):
        PlaceEnsemble.load(path)


def test_calibration_uses_the_queries_it_is_given(trained: tuple[PlaceEnsemble, np.ndarray]) -> None:
    ensemble, images = trained
    recalls = ensemble.calibrate(images[:3], diagonal_truth(3, 7))
    assert recalls[ensemble.threshold] == max(recalls.values())
    assert ensemble.fit(images[:2]) is None
    assert ensemble.threshold == 0  # a new map has not been calibrated


def test_two_members_are_summed() -> None:
    images = route(2, seed=4)
    both = PlaceEnsemble(5, EnsembleConfig(module_size=2, epochs=2, neurons=40, members=2))
    both.fit(images)
    counts = both.responses(images)
    assert not np.array_equal(counts[0], counts[1])
    parts = [place_scores(c, a, np.zeros((1, 40), bool), [2]) for c, a in zip(counts, both.assigned, strict=True)]
    assert both.fuse(counts, 0) == pytest.approx(parts[0] + parts[1])


def test_scores_are_mean_counts_and_silenced_neurons_count_as_zero() -> None:
    counts = np.array([[[4, 2, 6]]])
    assigned = np.array([[0, 0, 1]])
    silenced = np.array([[True, False, False]])
    assert place_scores(counts, assigned, silenced, [3]).tolist() == [[1.0, 6.0, 0.0]]


def test_hyperactive_is_who_fires_for_many_places() -> None:
    counts = np.zeros((5, 1, 3), np.int64)
    counts[:4, 0, 0], counts[2, 0, 1] = 3, 9
    activity = places_fired_for(counts)
    assert activity.tolist() == [[4, 1, 0]]
    assert hyperactive(activity, 4).tolist() == [[True, False, False]]
    assert not hyperactive(activity, 0).any()


def test_among_equally_good_thresholds_the_middle_of_the_longest_run_wins() -> None:
    good = {2, 10, 20, 30}

    def scores_at(threshold: int) -> np.ndarray:
        return np.array([[1.0, 0.0]]) if threshold in good else np.array([[0.0, 1.0]])

    grid = (0, 2, 5, 10, 20, 30, 40)
    threshold, recalls = calibrated_threshold(scores_at, np.array([[True, False]]), grid)
    assert threshold == 20
    assert {t for t, r in recalls.items() if r == 1.0} == good
