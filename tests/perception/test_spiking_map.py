from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from innervate.errors import ConfigError
from innervate.perception.place.images.v1 import V1Config, complex_cells
from innervate.perception.place.recognisers.place_ensemble import PlaceEnsemble
from innervate.perception.place.recognisers.spiking_map import SpikingMap, SpikingMapConfig, integrate_and_fire
from innervate.perception.place.spiking.adaptation import Adaptation

from .scenes import later, route


def grating(angle_rad: float, phase: float = 0.0) -> np.ndarray:
    y, x = np.mgrid[:64, :64]
    wave = np.sin((x * np.cos(angle_rad) + y * np.sin(angle_rad)) * 0.5 + phase)
    return (127 + 100 * wave).astype(np.uint8)[None]


@pytest.mark.parametrize("k", range(8))
def test_cells_prefer_the_orientation_of_a_grating_whatever_its_phase(k: int) -> None:
    config = V1Config()
    for phase in (0.0, 1.0, 2.5):
        sheet = complex_cells(grating(k * np.pi / 8, phase), config).reshape(16, 16, 8)[2:-2, 2:-2]
        assert sheet.mean((0, 1)).argmax() == k


def test_contrast_and_sign_of_light_change_little() -> None:
    image = route(1, seed=1)
    config = V1Config()
    full = complex_cells(image, config)
    assert complex_cells((image // 4 + 90).astype(np.uint8), config) == pytest.approx(full, abs=0.15)
    assert complex_cells(255 - image, config) == pytest.approx(full, abs=1e-4)
    assert not complex_cells(np.full((1, 32, 64), 90, np.uint8), config).any()


def test_the_count_in_closed_form_is_that_of_a_neuron_stepped_through_time() -> None:
    rng = np.random.default_rng(0)
    deviation = rng.normal(size=300).astype(np.float32)
    phase = rng.random(300, dtype=np.float32)
    current = np.abs(deviation) / np.sqrt((deviation**2).mean()) / 3
    potential, fired = phase.astype(float), np.zeros(300, int)
    for _ in range(10):
        potential += current
        spike = potential >= 1
        potential -= spike
        fired += spike
    difference = integrate_and_fire(deviation, phase, 10, 1 / 3) - np.sign(deviation).astype(int) * fired
    assert np.abs(difference).max() <= 1  # rounding where a potential ends at the threshold
    assert (difference != 0).mean() < 0.01


def test_adaptation_is_the_mean_and_then_fades() -> None:
    state = Adaptation(np.zeros(1, np.float32), 0)
    frames = [np.array([x], np.float32) for x in (1.0, 2.0, 6.0)]
    for k, frame in enumerate(frames):
        _, state = state.step(frame, memory_frames=100)
        assert state.mean[0] == pytest.approx(np.mean(frames[: k + 1]))
    _, faded = state.step(np.array([0.0], np.float32), memory_frames=3)
    assert faded.mean[0] == pytest.approx(3.0 * 2 / 3)


def test_stepping_is_the_same_as_a_batch_and_never_looks_ahead() -> None:
    images = route(9, seed=2)
    places = SpikingMap(3)
    places.fit(images)
    queries = later(images, seed=5)
    scores = places.scores(queries)
    state = places.begin()
    for k in range(9):
        place, state = places.step(queries[k], state)
        assert np.array_equal(place.scores, scores[k])
    assert np.array_equal(places.scores(queries[:4]), scores[:4])
    again, _ = places.step(queries[0], places.begin())  # no state is left behind
    assert np.array_equal(again.scores, scores[0])


def test_the_cut_into_modules_changes_nothing() -> None:
    images = route(20, seed=6)
    queries = later(images, seed=7)
    scores = []
    for size in (None, 1, 3, 20):
        places = SpikingMap(1, SpikingMapConfig(module_size=size))
        places.fit(images)
        scores.append(places.scores(queries))
    assert all(np.array_equal(scores[0], s) for s in scores[1:])


def test_it_tells_places_in_another_light_with_an_offset_that_adaptation_removes() -> None:
    images = route(40, seed=8)
    stripes = np.zeros_like(images)
    stripes[:, :, ::4] = 120  # a dirty lens: the same pattern over all queries
    dirty = np.maximum(later(images, seed=9), stripes)
    config = SpikingMapConfig()

    def recall(config: SpikingMapConfig) -> float:
        places = SpikingMap(0, config)
        places.fit(images)
        return float((places.scores(dirty).argmax(1) == np.arange(40)).mean())

    assert recall(config) >= 0.9
    assert recall(config) >= recall(replace(config, memory_frames=0))


def test_saving_and_loading_gives_the_same_answers(tmp_path: Path) -> None:
    images = route(7, seed=10)
    places = SpikingMap(4, SpikingMapConfig(module_size=3, v1=V1Config(orientations=6)))
    places.fit(images)
    places.save(tmp_path / "map.npz")
    loaded = SpikingMap.load(tmp_path / "map.npz")
    assert np.array_equal(loaded.scores(images), places.scores(images))
    assert loaded.config == places.config
    with pytest.raises(ConfigError, match="spiking-map"):
        PlaceEnsemble.load(tmp_path / "map.npz")
    with pytest.raises(ConfigError, match="no file"):
        SpikingMap.load(tmp_path / "other.npz")
