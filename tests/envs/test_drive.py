"""The vehicle, its two worlds, and what its camera sees of them."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from innervate.envs.bodies.vehicle import FULL_SPEED_M_S, TRACK_M, WHEEL_RADIUS_M
from innervate.envs.engine.make import make_world
from innervate.envs.scenery.weather import weather
from innervate.envs.sight import gl
from innervate.errors import ConfigError, UnknownNameError

needs_gl = pytest.mark.skipif("ok" not in gl.probe().values(), reason=f"no OpenGL here; {gl.MEND}")


def driven(left: float, right: float, steps: int = 60) -> tuple[np.ndarray, list[dict[str, Any]]]:
    env = gym.make("innervate/Route-v0", scene=3)
    env.reset(seed=1)
    observations, infos = [], []
    for _ in range(steps):
        observation, _, terminated, _, info = env.step(np.array([left, right], np.float32))
        observations.append(observation)
        infos.append(info)
        if terminated:
            break
    return np.array(observations), infos


def test_equal_torque_drives_straight_at_the_speed_that_damping_allows() -> None:
    observations, infos = driven(0.5, 0.5, 20)
    way = np.diff([info["position_m"] for info in infos], axis=0)
    speed = np.linalg.norm(way, axis=1)[-1] / 0.1
    assert speed == pytest.approx(0.5 * FULL_SPEED_M_S, rel=0.03)
    assert observations[-1][:2] * WHEEL_RADIUS_M == pytest.approx(speed, rel=0.02)
    heading = infos[-1]["heading_rad"]
    assert way[-1] / np.linalg.norm(way[-1]) == pytest.approx([np.cos(heading), np.sin(heading)], abs=0.01)
    assert observations[:, 2] == pytest.approx(0, abs=0.01)


def test_it_turns_as_its_wheels_say() -> None:
    """Rolling without slip: turn rate = wheel radius x difference of the wheel speeds / track."""
    observations, infos = driven(0.2, 0.3, 25)
    left, right, turn = observations[-1]
    assert turn == pytest.approx(WHEEL_RADIUS_M * (right - left) / TRACK_M, rel=0.05)
    assert turn > 0
    assert infos[-1]["heading_rad"] - infos[-2]["heading_rad"] == pytest.approx(0.1 * turn, rel=0.05)


def test_the_road_can_be_driven_and_left() -> None:
    """Wheels whose speeds differ as the road bends stay on it and are paid; straight on leads off, which ends it."""
    bend = TRACK_M / 20.0 / 2
    _, infos = driven(0.8 * (1 - bend), 0.8 * (1 + bend), 100)
    assert len(infos) == 100
    assert abs(infos[-1]["aside_m"]) < 0.7
    assert infos[-1]["reward/along"] == pytest.approx(0.8, abs=0.05)
    assert (infos[-1]["along_m"] - infos[0]["along_m"]) % (40 * np.pi) == pytest.approx(7.5, abs=0.5)
    _, off = driven(1.0, 1.0, 300)
    assert len(off) < 300
    assert off[-1]["aside_m"] > 2


def test_it_begins_on_the_road_where_it_is_told() -> None:
    env = gym.make("innervate/Route-v0", aside_m=-0.5, radius_m=12.0)
    base: Any = env.unwrapped
    for seed in range(5):
        env.reset(seed=seed)
        info = env.step(np.zeros(2, np.float32))[4]
        assert info["aside_m"] == pytest.approx(-0.5, abs=1e-3)
        position, heading = base.task.pose(np.array([info["along_m"]]), info["aside_m"])
        assert position[0] == pytest.approx(info["position_m"], abs=1e-3)
        assert np.cos(heading[0] - info["heading_rad"]) == pytest.approx(1, abs=1e-3)


def test_the_arena_is_walled_and_its_goal_can_be_reached() -> None:
    env = gym.make("innervate/Arena-v0", side_m=6.0)
    observation, _ = env.reset(seed=4)
    info: dict[str, Any] = {}
    for _ in range(300):
        ahead, left = observation[3:]
        turn = np.clip(np.arctan2(left, ahead), -0.4, 0.4)
        observation, _, _, _, info = env.step(np.array([0.3 - turn, 0.3 + turn], np.float32))
        if info["success"]:
            break
    assert info["success"]
    assert info["reward/near"] == 1
    assert np.hypot(*observation[3:]) <= 0.4
    for _ in range(150):
        info = env.step(np.array([1, 1], np.float32))[4]
    assert np.abs(info["position_m"]).max() < 3.0
    assert np.abs(info["position_m"]).max() > 2.4  # it stands at the wall


@pytest.mark.parametrize(
    ("task", "option", "says"),
    [
        ("route", {"aside_m": 2.5}, "less than 2 m"),
        ("route", {"radius_m": 1.0}, "8 to 60"),
        ("arena", {"side_m": 1.0}, "3 to 60"),
        ("arena", {"scene": -1}, "0 or more"),
        ("arena", {"eye_height_m": 0.0}, "0.3 to 10"),
        ("arena", {"eye_yaw_rad": float("nan")}, "finite"),
    ],
)
def test_mistakes_in_the_options_are_told(task: str, option: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make_world(task, **option)


def test_an_unknown_weather_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="dusk"):
        weather("dawn", "summer")
    with pytest.raises(UnknownNameError, match="winter"):
        weather("day", "spring")


def seen(task: str, along: np.ndarray, **options: Any) -> np.ndarray:
    from innervate.envs.sight.eye import Eye

    eye = Eye(make_world(task, **options), 64, 32)
    images = eye.see(np.stack([20 * np.cos(along), 20 * np.sin(along)], axis=1), along + np.pi / 2)
    eye.close()
    return images.astype(float)


@needs_gl
def test_places_look_different_and_the_same_place_the_same() -> None:
    day = seen("route", np.array([0.0, 0.5, 0.0]), scene=4)
    assert day.shape == (3, 32, 64, 3)
    assert np.array_equal(day[0], day[2])
    assert np.abs(day[0] - day[1]).mean() > 5
    assert np.array_equal(day, seen("route", np.array([0.0, 0.5, 0.0]), scene=4))
    for change in ({"light": "dusk"}, {"season": "winter"}, {"eye_yaw_rad": 0.2}, {"eye_height_m": 2.0}, {"scene": 5}):
        assert np.abs(day - seen("route", np.array([0.0, 0.5, 0.0]), **{"scene": 4, **change})).mean() > 3, change


@needs_gl
def test_turning_the_camera_is_turning_the_vehicle() -> None:
    from innervate.envs.sight.eye import Eye

    images = []
    for yaw, heading in ((0.3, 0.0), (0.0, 0.3)):
        eye = Eye(make_world("arena", eye_yaw_rad=yaw), 64, 32)
        images.append(eye.see(np.array([[1.0, -2.0]]), np.array([heading])).astype(float))
        eye.close()
    assert np.abs(images[0] - images[1]).mean() < 1


@needs_gl
def test_render_is_what_the_eye_sees() -> None:
    from innervate.envs.sight.eye import Eye

    env = gym.make("innervate/Arena-v0", render_mode="rgb_array", width=64, height=32)
    env.reset(seed=2)
    info = env.step(np.zeros(2, np.float32))[4]
    frame: Any = env.render()
    env.close()
    eye = Eye(make_world("arena"), 64, 32)
    image = eye.see(info["position_m"][None], np.array([info["heading_rad"]]))[0]
    eye.close()
    assert np.abs(frame.astype(float) - image).mean() < 1
    assert frame.std() > 10
