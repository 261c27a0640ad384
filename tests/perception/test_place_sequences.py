import itertools

import numpy as np
import pytest

pytest.importorskip("numba")

from innervate.errors import ConfigError, NonFiniteError
from innervate.perception.place.bayes_filter import PlaceFilter
from innervate.perception.place.sequences import ANY_DRIVE, STEADY, Motion, drive_scores, sequence_scores, standardised


def by_hand(scores: np.ndarray, length: int, motion: Motion, query: int) -> np.ndarray:
    """Every walk that stays on the map, one after another."""
    rows, places = standardised(scores), scores.shape[1]
    begin = max(0, query - length + 1)
    best = np.full(places, -np.inf)
    for way in (1, -1) if motion.backwards else (1,):
        for steps in itertools.product(range(motion.slowest, motion.fastest + 1), repeat=query - begin):
            for start in range(places):
                walk = start + way * np.concatenate([[0], np.cumsum(steps)]).astype(int)
                if walk.min() < 0 or walk.max() >= places:
                    continue
                price = motion.cost * sum(abs(s - motion.usual) for s in steps)
                evidence = sum(float(rows[begin + k, p]) for k, p in enumerate(walk)) - price
                best[walk[-1]] = max(best[walk[-1]], evidence / len(walk))
    return best


@pytest.mark.parametrize(
    "motion", [Motion(slowest=0, fastest=2, cost=0.2), Motion(slowest=0, fastest=3, backwards=True, cost=0.1)]
)
def test_paths_are_the_best_of_all_walks(motion: Motion) -> None:
    scores = np.random.default_rng(0).normal(size=(6, 7))
    found = sequence_scores(scores, 4, motion)
    for query in range(6):
        assert found[query] == pytest.approx(by_hand(scores, 4, motion, query), rel=1e-5)


def test_a_steady_sequence_is_the_mean_along_the_diagonal() -> None:
    scores = np.random.default_rng(1).normal(size=(30, 30))
    rows = standardised(scores)
    found = sequence_scores(scores, 5, STEADY)
    assert found[20, 12] == pytest.approx(np.mean([rows[20 - k, 12 - k] for k in range(5)]), rel=1e-5)
    assert found[20, 1] == pytest.approx((rows[20, 1] + rows[19, 0]) / 5, rel=1e-5)  # before the map: average evidence
    assert np.allclose(sequence_scores(scores, 1), rows)


def drive(positions: np.ndarray, noise: float, seed: int, places: int = 80) -> np.ndarray:
    scores = np.random.default_rng(seed).normal(size=(len(positions), places))
    scores[np.arange(len(positions)), positions] += noise
    return scores


@pytest.mark.parametrize("name", ["forwards", "reverse", "slower", "faster", "dropped"])
def test_the_way_back_other_speeds_and_dropped_frames(name: str) -> None:
    keep = np.flatnonzero(np.random.default_rng(7).random(80) < 0.5)
    positions = {
        "forwards": np.arange(80), "reverse": np.arange(80)[::-1], "slower": np.arange(0, 79, 0.8).round().astype(int),
        "faster": np.arange(0, 79, 1.2).round().astype(int), "dropped": keep,
    }[name]  # fmt: skip
    scores = drive(positions, 3.5, 3)
    single = (scores.argmax(1) == positions)[9:].mean()
    found = (sequence_scores(scores, 10, ANY_DRIVE).argmax(1) == positions)[9:].mean()
    assert single < 0.9
    assert found > 0.97


def drives(seed: int) -> dict[str, np.ndarray]:
    keep = np.flatnonzero(np.random.default_rng(seed).random(80) < 0.5)
    return {
        "steady": np.arange(80), "later": np.arange(20, 80), "reverse": np.arange(80)[::-1], "dropped": keep,
        "half speed": np.arange(0, 79, 0.5).astype(int), "faster": np.arange(0, 79, 1.3).round().astype(int),
        "turns back": np.concatenate([np.arange(60), np.arange(60, 20, -1)]),
    }  # fmt: skip


@pytest.mark.parametrize("name", drives(0))
@pytest.mark.parametrize("signal", [2.0, 3.0])
def test_the_automatic_choice_loses_to_neither(name: str, signal: float) -> None:
    share = {"auto": 0.0, "steady": 0.0, "any": 0.0}
    for seed in range(4):
        positions = drives(seed)[name]
        scores = drive(positions, signal, seed)
        for kind in share:
            found = drive_scores(scores, 10, kind).argmax(1)  # pyright: ignore[reportArgumentType]
            share[kind] += (found == positions)[9:].mean() / 4
    assert share["auto"] >= max(share["steady"], share["any"]) - 0.05
    assert max(share["steady"], share["any"]) > 0.5  # there was something to lose


def test_the_kinds_differ_and_few_frames_do_not_choose() -> None:
    scores = drive(np.arange(80)[::-1], 3.0, 0)
    assert (drive_scores(scores, 10, "steady").argmax(1) == np.arange(80)[::-1]).mean() < 0.2
    assert (drive_scores(scores, 10, "auto").argmax(1) == np.arange(80)[::-1]).mean() > 0.9
    np.testing.assert_array_equal(drive_scores(scores[:5], 10, "auto"), sequence_scores(scores[:5], 10, ANY_DRIVE))


def test_motion_must_make_sense() -> None:
    with pytest.raises(ConfigError):
        Motion(slowest=3, fastest=2)
    with pytest.raises(ConfigError):
        sequence_scores(np.zeros((2, 2)), 0)


def test_prediction_moves_and_widens_the_belief() -> None:
    model = PlaceFilter(kidnap_probability=0.0)
    belief = np.zeros(60)
    belief[20] = 1.0
    after = model.predict(belief, 6.5, 2.0)
    places = np.arange(60)
    assert after.sum() == pytest.approx(1.0)
    assert (after * places).sum() == pytest.approx(26.5, abs=1e-3)
    variance = 2.0**2 + 0.5 * 0.5  # of the motion, and of half a place split between two
    assert (after * (places - 26.5) ** 2).sum() == pytest.approx(variance, rel=0.01)
    for moved, uncertainty in ((0.4, 0.0), (-1.7, 0.1), (2.0, 0.0), (1.4, 0.3)):
        after = model.predict(belief, moved, uncertainty)  # motion by a fraction of a place is not lost
        assert after.sum() == pytest.approx(1.0)
        assert (after * places).sum() == pytest.approx(20 + moved, abs=1e-6)
    ring = PlaceFilter(circular=True, kidnap_probability=0.0)
    assert ring.predict(np.eye(60)[59], 2.0, 0.1).argmax() == 1
    assert model.predict(np.eye(60)[59], 2.0, 0.1).argmax() == 59


def test_the_filter_is_bayes_rule() -> None:
    model = PlaceFilter(evidence_gain=0.7)
    belief, scores = np.array([0.5, 0.3, 0.2]), np.array([1.0, 2.0, 4.0])
    likelihood = np.exp(0.7 * standardised(scores[None])[0])
    assert model.correct(belief, scores) == pytest.approx(belief * likelihood / (belief * likelihood).sum(), rel=1e-6)
    assert model.correct(belief, np.zeros(3)) == pytest.approx(belief)
    with pytest.raises(NonFiniteError, match="place 1"):
        model.correct(belief, np.array([0, np.nan, 0]))


def test_a_lost_filter_finds_itself_again() -> None:
    model = PlaceFilter()
    positions = np.concatenate([np.arange(10, 30), np.arange(60, 80)])
    scores = drive(positions, 4.0, 5)
    belief, right = model.start(80), []
    for row, position in zip(scores, positions, strict=True):
        belief = model.correct(model.predict(belief, 1.0, 0.3), row)
        right.append(belief.argmax() == position)
    assert all(right[10:20])
    assert all(right[30:])
    assert not right[20]  # the first frame elsewhere is not believed at once
