"""What every recogniser owes its user."""

from collections.abc import Callable

import numpy as np
import pytest

from innervate.errors import ConfigError
from innervate.perception.place.measures import diagonal_truth, recall_at
from innervate.perception.place.percept import Recogniser
from innervate.perception.place.recognisers._cosine import Cosine
from innervate.perception.place.recognisers.chance import Chance
from innervate.perception.place.recognisers.hog import HogCosine
from innervate.perception.place.recognisers.pixels import SumOfAbsoluteDifferences
from innervate.perception.place.recognisers.spiking_map import SpikingMap
from innervate.perception.place.recognisers.vprtempo import VPRTempo

from .scenes import later, route

RECOGNISERS: dict[str, Callable[[], Recogniser]] = {
    "sad": SumOfAbsoluteDifferences,
    "cosine": Cosine,
    "hog": HogCosine,
    "spiking map": lambda: SpikingMap(0),
    "vprtempo": lambda: VPRTempo(0, side=14, patch=5, epochs=8),
}


@pytest.fixture(params=RECOGNISERS)
def recogniser(request: pytest.FixtureRequest) -> Recogniser:
    if request.param == "hog":
        pytest.importorskip("skimage")
    return RECOGNISERS[request.param]()


def test_places_are_known_again_in_another_light(recogniser: Recogniser) -> None:
    images = route(12, seed=3)
    recogniser.fit(images)
    scores = recogniser.scores(later(images, seed=4))
    assert recall_at(scores, diagonal_truth(12, 12)) >= 0.9
    place = recogniser.query(images[5])
    assert place.index == 5
    assert 0 < place.confidence <= 1
    assert place.scores.shape == (12,)


def test_more_queries_than_places_one_place_and_black_frames(recogniser: Recogniser) -> None:
    images = route(3, seed=5)
    recogniser.fit(images)
    assert recogniser.scores(np.repeat(images, 10, axis=0)).shape == (30, 3)
    black = recogniser.query(np.zeros_like(images[0]))
    assert np.isfinite(black.scores).all()
    recogniser.fit(images[:1])
    place = recogniser.query(images[0])
    assert (place.index, place.confidence) == (0, 0.0)


def test_a_map_with_a_black_frame_still_tells_the_others(recogniser: Recogniser) -> None:
    images = route(6, seed=6)
    images[2] = 0
    recogniser.fit(images)
    assert [recogniser.query(images[i]).index for i in (0, 4)] == [0, 4]


def test_asking_before_fitting_is_refused(recogniser: Recogniser) -> None:
    with pytest.raises(ConfigError, match="fit"):
        recogniser.scores(route(1, seed=0))


def test_grey_images_give_the_answer_of_their_colour_copy(recogniser: Recogniser) -> None:
    images = route(4, seed=8)
    recogniser.fit(images)
    assert np.allclose(recogniser.scores(images), recogniser.scores(images[..., 0]), atol=0.02)


def test_chance_is_chance() -> None:
    chance = Chance(0)
    images = np.repeat(route(5, seed=1), 400, axis=0)
    chance.fit(images[::400])
    truth = np.arange(5) == np.repeat(np.arange(5), 400)[:, None]
    assert recall_at(chance.scores(images), truth) == pytest.approx(0.2, abs=4 * np.sqrt(0.2 * 0.8 / 2000))
