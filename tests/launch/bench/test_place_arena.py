"""The arena of the benchmark and the event camera on its route, small."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from PIL import Image

from innervate.envs.sight.gl import probe
from innervate.launch.analysis.measures import arena_fields as place_arena
from innervate.launch.analysis.measures.arena_fields import Explored, grid
from innervate.launch.bench.place import events as place_events
from innervate.launch.bench.place.arena import explore
from innervate.launch.bench.place.events import event_images
from innervate.launch.cli import main

needs_gl = pytest.mark.skipif("ok" not in probe().values(), reason="no OpenGL library here can render a frame")


def test_the_grid_is_ploughed() -> None:
    at = grid(4)
    assert len(np.unique(at, axis=0)) == 16
    assert np.linalg.norm(np.diff(at, axis=0), axis=1) == pytest.approx(9 / 4)
    assert np.abs(at).max() == pytest.approx(4.5 - 9 / 8)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_arena, "PLACES_A_SIDE", 2)
    monkeypatch.setattr(place_arena, "BINS_A_SIDE", 4)


@needs_gl
@pytest.mark.usefixtures("small")
def test_units_fire_near_the_places_that_they_learnt() -> None:
    found = explore(2)
    assert found["displaced"] < 1.5  # places are 4.5 m apart, bins 2.25 m
    assert found["information"] > 1.0  # of log2(16) = 4
    assert found["coverage"] > 0.9
    assert (found["hyperactive"], found["silent"]) == (0, 0)
    assert 0 < found["alike"] <= 1


@pytest.mark.usefixtures("small")
def test_fields_are_drawn_and_tabled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def painted(scene: int, at_m: np.ndarray, **_: str) -> np.ndarray:
        """A picture that changes smoothly with the place."""
        rng = np.random.default_rng(scene)
        waves = rng.normal(0, 0.6, (2, 16 * 128)), rng.uniform(0, 6, 16 * 128)
        grey = 127 + 120 * np.sin(at_m @ waves[0] + waves[1])
        return np.repeat(grey.reshape(-1, 16, 128, 1), 3, axis=3).astype(np.uint8)

    monkeypatch.setattr(place_arena, "panoramas", painted)
    main(["place", "fields", "--scene", "1", "--light", "dusk", "--out", str(tmp_path)])
    assert "information" in (tmp_path / "table.md").read_text()
    with Image.open(tmp_path / "fields.png") as figure:
        assert np.asarray(figure).std() > 1
    assert Explored(1).map.n_places == 4


@needs_gl
def test_places_of_the_route_differ_in_their_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_events, "PLACES", 5)
    street = place_events.Street(1)
    images, rate = event_images(street)
    again, _ = event_images(street)
    street.close()
    assert images.shape == (5, 32, 64)
    assert np.array_equal(images, again)
    assert rate > 100
    assert all(np.abs(images[k].astype(float) - images[k + 1]).mean() > 5 for k in range(4))
