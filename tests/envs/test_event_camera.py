"""Event cameras against brightness whose logarithm is a straight line: the times of all events are known."""

import numpy as np
import pytest

from innervate.envs.sight.event_camera import EventCamera, Events, event_image
from innervate.errors import ConfigError

DARK = 0.02


def film(levels: np.ndarray, camera: EventCamera, step_s: float) -> list[tuple[Events, float]]:
    """Images (time, row, column) of brightness 0 to 1, and the events after each."""
    images = np.round(levels * 255).astype(np.uint8)
    state = camera.begin(images[0], 0.0)
    out: list[tuple[Events, float]] = []
    for k, image in enumerate(images[1:], start=1):
        events, state = camera.see(image, k * step_s, state)
        out.append((events, k * step_s))
    return out


def test_a_ramp_of_the_logarithm_fires_at_even_intervals() -> None:
    """log(I + dark) rises by 5 per second: an event every threshold / 5 s, up to the grain of 8 bits."""
    t = np.arange(29) * 0.01
    brightness = (0.2 + DARK) * np.exp(5.0 * t) - DARK
    camera = EventCamera(threshold=0.25, refractory_s=0.0, dark=DARK)
    pairs = film(np.clip(brightness, 0, 1)[:, None, None] * np.ones((1, 2, 3)), camera, 0.01)
    events = [e for e, _ in pairs]
    times = np.concatenate([e.t_s[(e.x == 1) & (e.y == 0)] for e in events])
    assert times == pytest.approx(np.arange(1, len(times) + 1) * 0.05, abs=2.5e-3)
    assert len(times) == 5  # 0.28 s at 20 a second
    assert all(e.brighter.all() for e in events)
    assert sum(map(len, events)) == 5 * 6
    for e, end in pairs:
        assert ((end - 0.01 - 1e-12 <= e.t_s) & (e.t_s <= end + 1e-12)).all()
        assert (np.diff(e.t_s) >= 0).all()


def test_one_step_holds_all_the_crossings_that_lie_in_it() -> None:
    """From black to white in one image: floor(log((1 + dark) / dark) / threshold) events, evenly in time."""
    camera = EventCamera(threshold=0.3, refractory_s=0.0, dark=DARK)
    ((up, _), (down, _)) = film(np.array([0.0, 1.0, 0.0])[:, None, None], camera, 1.0)
    total = np.log((1 + DARK) / DARK)
    assert len(up) == int(total / 0.3)
    assert up.t_s == pytest.approx(np.arange(1, len(up) + 1) * 0.3 / total)
    assert len(down) == len(up)
    assert not down.brighter.any()


def test_the_dead_time_thins_the_events() -> None:
    """Crossings every 0.05 of the step; with a dead time of 0.12 every third is heard."""
    threshold = np.log((1 + DARK) / DARK) / 20
    camera = EventCamera(threshold=threshold, refractory_s=0.12, dark=DARK)
    ((events, _),) = film(np.array([0.0, 1.0])[:, None, None], camera, 1.0)
    assert events.t_s == pytest.approx([0.05, 0.20, 0.35, 0.50, 0.65, 0.80, 0.95])


def test_what_stands_still_is_silent_and_small_changes_add_up() -> None:
    camera = EventCamera(threshold=0.2, refractory_s=0.0)
    image = np.full((4, 5, 3), 100, np.uint8)
    state = camera.begin(image, 0.0)
    events, state = camera.see(image, 1.0, state)
    assert len(events) == 0
    slow = [100 + k for k in range(1, 40)]
    heard = 0
    for k, grey in enumerate(slow):
        events, state = camera.see(np.full((4, 5, 3), grey, np.uint8), 2.0 + k, state)
        heard += len(events)
    expected = int(np.log((139 / 255 + 0.02) / (100 / 255 + 0.02)) / 0.2)
    assert heard == 20 * expected
    with pytest.raises(ConfigError, match="cannot follow"):
        camera.see(image, 1.0, state)


def test_events_make_an_image() -> None:
    where = np.array([0, 0, 2])
    events = Events(np.zeros(3), where, np.array([0, 0, 1]), np.array([True, False, True]))
    assert event_image(events, 2, 3, full=2).tolist() == [[255, 0, 0], [0, 0, 127]]


@pytest.mark.parametrize("wrong", [{"threshold": 0.0}, {"refractory_s": -1.0}, {"dark": 0.0}])
def test_impossible_cameras_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="event camera"):
        EventCamera(**wrong)
