"""How motion is judged: an oracle is right, one that is late is wrong after a change, one that stands is wrong."""

import numpy as np

from innervate.launch.bench.senses.delays import AGES, SETTLED, scores
from innervate.launch.bench.senses.yaw import agreement, smoothed
from innervate.perception.motion.films import Film, FilmConfig

CONFIG = FilmConfig(size=8, ticks=200)
FILMS = CONFIG.films(3, np.random.default_rng(0))
VELOCITY = CONFIG.motions.velocity


def late(film: Film) -> tuple[np.ndarray, None]:
    """Tells the motion from `SETTLED` ticks after a change on, and until then the last one's opposite."""
    true = VELOCITY[film.label]
    return np.where((film.since >= SETTLED)[:, None], true, -true), None


def test_right_late_and_still() -> None:
    oracle = scores(lambda film: (VELOCITY[film.label], None), FILMS, CONFIG.motions)
    assert oracle["exact"] == oracle["direction"] == oracle["settled"] == 1.0
    found = scores(late, FILMS, CONFIG.motions)
    assert found["settled"] == found["exact_settled"] == 1.0
    assert found["by_age"] == [float(age >= SETTLED) for age in AGES]
    share = float(np.mean([film.since >= SETTLED for film in FILMS]))
    assert found["direction"] == found["exact"] == share
    still = scores(lambda film: (np.zeros((200, 2)), None), FILMS, CONFIG.motions)
    assert still["direction"] == 0.0


def test_places_count_one_by_one() -> None:
    def half(film: Film) -> tuple[np.ndarray, np.ndarray]:
        true = VELOCITY[film.label]
        each = np.repeat(true[:, None, None], 8, axis=1).repeat(8, axis=2)
        each[:, :4] *= -1
        return true, each

    assert scores(half, FILMS, CONFIG.motions)["places"] == 0.5


def test_smoothing_and_agreement() -> None:
    np.testing.assert_allclose(smoothed(np.array([0.0, 1.0, 1.0]), 0.5), [0.0, 0.5, 0.75])
    ramp = np.arange(5.0)
    assert agreement(3 * ramp + 1, ramp) > 1 - 1e-12
    assert agreement(np.ones(5), ramp) == 0.0
