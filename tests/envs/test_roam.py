"""The room with two feeders: what the rays see, when food is found, and who can find it."""

from itertools import pairwise
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.engine.make import make_world
from innervate.envs.sensors import Sensors
from innervate.errors import ConfigError, UnknownNameError

HALF_M, PARTITION_HALF_M = 2.5, 0.7


def way_to_a_wall(position: np.ndarray, angle: float) -> float:
    """Length of a ray in a square room with a thin wall across its middle, by plane geometry."""
    direction = np.array([np.cos(angle), np.sin(angle)])
    with np.errstate(divide="ignore"):
        lengths = [((np.sign(d) * HALF_M) - p) / d for p, d in zip(position, direction, strict=True)]
    for face in (-0.05, 0.05):
        length = (face - position[0]) / direction[0]
        if length > 0 and abs(position[1] + length * direction[1]) <= PARTITION_HALF_M:
            lengths.append(length)
    for end in (-PARTITION_HALF_M, PARTITION_HALF_M):
        length = (end - position[1]) / direction[1]
        if length > 0 and abs(position[0] + length * direction[0]) <= 0.05:
            lengths.append(length)
    return min(lengths)


def driven(policy: Any, steps: int = 300, **options: Any) -> tuple[list[float], list[dict[str, Any]]]:
    """Rewards and infos of an episode; the policy sees the truth."""
    env = gym.make("innervate/Roam-v0", **options)
    env.reset(seed=1)
    rewards, infos = list[float](), list[dict[str, Any]]()
    action, truncated = np.zeros(2, np.float32), False
    for _ in range(steps):
        _, reward, terminated, truncated, info = env.step(action)
        assert not terminated
        rewards.append(float(reward))
        infos.append(info)
        action = policy(info, env.unwrapped)
    assert truncated == (steps == 300)
    return rewards, infos


def steer(info: dict[str, Any], towards: np.ndarray) -> np.ndarray:
    """Turn to a point and drive."""
    way = towards - info["position_m"]
    off = (np.arctan2(way[1], way[0]) - info["heading_rad"] + np.pi) % (2 * np.pi) - np.pi
    ahead, turn = 0.9 * max(float(np.cos(off)), 0.0), float(np.clip(0.5 * off, -0.4, 0.4))
    return np.clip([ahead - turn, ahead + turn], -1, 1).astype(np.float32)


def around_the_wall(info: dict[str, Any], env: Any) -> np.ndarray:
    """To the full feeder, by a gap if the wall is between."""
    full, (x, y) = env.data.sensor("full_feeder").data[:2].copy(), info["position_m"]
    through = x * full[0] > 0 or (abs(x) < 0.35 and abs(y) > 1.0)
    return steer(info, full if through else np.array([0.0, np.copysign(1.5, y)]))


@pytest.mark.parametrize("rays", [4, 16])
def test_rays_measure_the_room(rays: int) -> None:
    """Against plane geometry: nothing of the vehicle itself, mast and wheels included, lies in the way of a ray."""
    env: Any = gym.make("innervate/Roam-v0", rays=rays).unwrapped
    for seed in range(8):
        observation, info = env.reset(seed=seed)
        x, y, heading = *env.data.qpos[:2], np.arctan2(observation[4], observation[3])
        expected = [way_to_a_wall(np.array([x, y]), heading + k * 2 * np.pi / rays) for k in range(rays)]
        np.testing.assert_allclose(observation[5 : 5 + rays], expected, atol=1e-4)
        assert info == {} or np.allclose(info["position_m"], [x, y])


def test_food_alternates_and_pays_once() -> None:
    rewards, infos = driven(around_the_wall)
    fed = [k for k, info in enumerate(infos) if info["reward/fed"] > 0]
    assert len(fed) >= 3
    sides = [np.sign(infos[k]["position_m"][0]) for k in fed]
    assert all(a == -b for a, b in pairwise(sides))
    assert all(infos[k]["success"] for k in fed)
    assert sum(rewards) > 100
    gaps = np.diff(fed)
    assert gaps.min() > 20  # two feeders 3.4 m apart at 1 m/s and 0.1 s a step


def test_one_feeder_stays_full() -> None:
    def stay(info: dict[str, Any], env: Any) -> np.ndarray:
        return np.zeros(2, np.float32) if info["success"] else around_the_wall(info, env)

    rewards, infos = driven(stay, feeders=1)
    assert np.mean([info["reward/fed"] for info in infos[-100:]]) > 9
    assert infos[-1]["position_m"][0] > 1.2
    assert sum(rewards) > 1000


def test_approach_is_the_speed_towards_the_full_feeder() -> None:
    _, infos = driven(around_the_wall, 22, feeders=1)  # until it is there
    distance = [float(np.hypot(*(np.array([1.7, 0.0]) - info["position_m"]))) for info in infos]
    for k in range(1, 22):
        slope = -(distance[k] - distance[k - 1]) / 0.1
        ends = (infos[k - 1]["reward/approach"] + infos[k]["reward/approach"]) / 2  # each is of an instant
        assert ends == pytest.approx(slope, abs=0.05)


def test_without_the_cue_the_sides_look_alike() -> None:
    """Same place and heading, other feeder full: the observation is the same but for the cue."""
    for cue, alike in ((True, False), (False, True)):
        env: Any = gym.make("innervate/Roam-v0", cue=cue).unwrapped
        env.reset(seed=3)
        world, data, looks = env.world, env.data, list[np.ndarray]()
        for side in (1.7, -1.7):
            data.mocap_pos[0] = [side, 0, 0]
            mujoco.mj_forward(env.model, data)
            readings = data.sensordata[None].copy()
            seen = world.task.observe(Sensors(world.sensors, readings, readings))
            looks.append(np.concatenate([part[0] for part in seen.values()]))
        assert np.array_equal(looks[0], looks[1]) == alike


@pytest.mark.parametrize(
    ("options", "says"),
    [({"feeders": 3}, "1 or 2 feeders"), ({"rays": 2}, "4 to 64"), ({"ray": 8}, "Did you mean 'rays'")],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises((ConfigError, UnknownNameError), match=says):
        make_world("roam", **options)
