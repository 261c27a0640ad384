"""Flow, yaw rate and time to contact against their analytic solutions; the classical peers on pictures that slide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from innervate.cameras import Pinhole
from innervate.errors import ConfigError
from innervate.perception.motion.classical import LucasKanade, TimePlanes
from innervate.perception.motion.films import FilmConfig, Motions
from innervate.perception.motion.flow import explained, flow, time_to_contact, turn_and_approach
from innervate.perception.motion.judging import nearest, within

CAMERA = Pinhole.of_view(64, 48, 70.0)


def projected(points: np.ndarray, camera: Pinhole) -> np.ndarray:
    """Pixels of points in the camera's frame: x right, y down, z ahead."""
    return np.stack([camera.fx * points[:, 0], camera.fy * points[:, 1]], 1) / points[:, 2:]


@given(st.floats(-2.0, 2.0), st.floats(-0.5, 0.5))
def test_a_camera_that_turns_and_nears_a_wall(yaw_rad_s: float, approach: float) -> None:
    """By moving the points of a wall, not by the formula."""
    dt, away = 1e-6, 3.0
    blocks = np.stack(np.meshgrid(np.arange(4, 64, 8), np.arange(4, 48, 8)), -1).reshape(-1, 2) + 0.0
    middle = blocks - [CAMERA.cx, CAMERA.cy]
    wall = np.concatenate([middle / [CAMERA.fx, CAMERA.fy], np.ones((len(middle), 1))], 1) * away
    angle = yaw_rad_s * dt  # to the left: points go to the right
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    moved = (wall - [0, 0, approach * away * dt]) @ turn.T
    seen = (projected(moved, CAMERA) - projected(wall, CAMERA)).reshape(6, 8, 2)
    told = turn_and_approach(seen, np.ones((6, 8)), CAMERA, dt)
    np.testing.assert_allclose(told, (yaw_rad_s, approach), atol=1e-4)
    if abs(yaw_rad_s) > 0.01:
        assert explained(seen, np.ones((6, 8)), CAMERA, dt, told) > 0.999


def test_time_to_contact() -> None:
    assert time_to_contact(0.5) == 2.0
    assert time_to_contact(0.0) == time_to_contact(-1.0) == np.inf


def test_blocks_without_weight_say_nothing() -> None:
    wild = np.random.default_rng(0).normal(size=(6, 8, 2))
    assert turn_and_approach(wild, np.zeros((6, 8)), CAMERA, 0.01) == (0.0, 0.0)
    assert explained(wild, np.zeros((6, 8)), CAMERA, 0.01, (0.0, 0.0)) == 0.0
    best = turn_and_approach(wild, np.ones((6, 8)), CAMERA, 0.01)
    assert explained(wild, np.ones((6, 8)), CAMERA, 0.01, best) < 0.3
    with pytest.raises(ConfigError, match="more than 0 s"):
        turn_and_approach(wild, np.ones((6, 8)), CAMERA, 0.0)


def test_flow_is_the_velocity_of_the_class_that_is_sure_and_between_two_that_are_alike() -> None:
    velocity = Motions(4, (1.0, 2.0)).velocity
    evidence = np.zeros((8, 8, 8), np.float32)
    evidence[:4, :4, 5] = 60.0  # downwards at 2
    evidence[:4, 4:, [0, 4]] = 60.0  # to the right at 1 and 2
    told, sure = flow(evidence, velocity, 4)
    np.testing.assert_allclose(told[0], [[0, 2], [1.5, 0]], atol=1e-9)
    np.testing.assert_allclose(told[1], 0.0, atol=1e-9)
    np.testing.assert_allclose(sure, [[1.0, 1 - np.log(2) / np.log(8)], [0.0, 0.0]], atol=1e-9)
    np.testing.assert_allclose(flow(evidence / 7, velocity, 4, 7.0)[0], told, atol=1e-5)
    with pytest.raises(ConfigError, match="do not fill"):
        flow(evidence, velocity, 3)


def test_directions_and_classes() -> None:
    motions = Motions()
    velocity, label = motions.velocity, np.arange(36)
    np.testing.assert_array_equal(nearest(1.2 * velocity, motions), label)
    for degrees, right in ((29.0, True), (31.0, False)):
        turn = np.deg2rad(degrees)
        turned = velocity @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        assert (within(turned, label, motions) == right).all()
    assert not within(np.zeros((36, 2)), label, motions).any()


def test_films_slide_by_the_motion_they_are_labelled_with() -> None:
    """Events come where the picture changes: ON events a tick later lie where the motion says."""
    config = FilmConfig(motions=Motions(4, (1.0,)), size=32, ticks=40, jump_ticks=1e9, threshold=0.5)
    for seed in range(4):
        film = config.film(np.random.default_rng(seed))
        assert (film.since == np.arange(40)).all()
        ways = config.motions.velocity.astype(int)
        count = film.events[:, 0].astype(int) - film.events[:, 1]
        alike = [
            (np.roll(count[10:-1], (way[1], way[0]), axis=(1, 2)) * count[11:]).sum() for way in ways
        ]  # fmt: skip
        assert int(np.argmax(alike)) == film.label[0]


@pytest.mark.parametrize("peer", [LucasKanade(), TimePlanes()], ids=["lucas-kanade", "planes"])
def test_the_classical_ways_tell_a_slow_motion(peer: LucasKanade | TimePlanes) -> None:
    config = FilmConfig(motions=Motions(12, (0.5,)), size=48, ticks=40, jump_ticks=1e9, threshold=0.5)
    right = list[bool]()
    for seed in range(6):
        film = config.film(np.random.default_rng(seed))
        told = peer.velocity(film.events).reshape(40, 2)[15:]
        right += within(told, film.label[15:], config.motions).tolist()
    assert np.mean(right) > 0.9


def test_motions_are_of_the_named_kind() -> None:
    assert len(Motions(12, (0.5, 1.0, 2.0))) == 36
    np.testing.assert_allclose(Motions(4, (2.0,)).velocity, [[2, 0], [0, 2], [-2, 0], [0, -2]], atol=1e-12)
    with pytest.raises(ConfigError, match="2 directions"):
        Motions(1)
