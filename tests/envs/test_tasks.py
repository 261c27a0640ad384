"""What the tasks reward and where their episodes begin, against dm_control and by hand."""

import math
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.engine.make import make_world
from innervate.envs.engine.single import BodyEnv
from innervate.envs.sensors import Sensors


def make(task: str, **options: Any) -> BodyEnv:
    env = gym.make(f"innervate/{task}-v0", **options).unwrapped
    assert isinstance(env, BodyEnv)
    return env


def move(env: BodyEnv, **fields: Any) -> Sensors:
    """Readings of the body teleported to a state."""
    data = mujoco.MjData(env.model)
    for name, value in fields.items():
        getattr(data, name)[...] = value
    mujoco.mj_forward(env.model, data)
    row = data.sensordata[None].copy()
    return Sensors(env.world.sensors, row, row)


@pytest.mark.parametrize(
    ("forward_m_s", "reward"), [(-0.3, 0.0), (0.0, 0.0), (0.02, 0.2), (0.05, 0.5), (0.1, 1.0), (3.0, 1.0)]
)
@pytest.mark.parametrize("heading_rad", [0.0, 1.0, -2.5])
def test_swim_pays_for_speed_along_the_heading(forward_m_s: float, reward: float, heading_rad: float) -> None:
    env = make("Swim")
    forward = np.array([math.sin(heading_rad), -math.cos(heading_rad)])  # -y of the head, turned by the heading
    sideways = np.array([math.cos(heading_rad), math.sin(heading_rad)])
    velocity = forward_m_s * forward + 0.7 * sideways
    s = move(env, qpos=[0, 0, heading_rad, *[0.3] * 5], qvel=[*velocity, *[0] * 6])
    terms = env.task.rewards(s, np.zeros((1, 5)))
    assert list(terms) == ["forward"]
    np.testing.assert_allclose(terms["forward"], reward, atol=1e-12)


def test_swim_and_navigate_pay_what_dm_control_s_tolerance_pays() -> None:
    from dm_control.utils import rewards

    swim, navigate = make("Swim"), make("Navigate")
    rng = np.random.default_rng(0)
    for _ in range(50):
        qvel = [*rng.uniform(-0.2, 0.2, 2), *[0.0] * 6]
        s = move(swim, qvel=qvel)
        expected = rewards.tolerance(
            -s["velocity"][0, 1], bounds=(0.1, math.inf), margin=0.1, value_at_margin=0, sigmoid="linear"
        )
        np.testing.assert_allclose(swim.task.rewards(s, np.zeros((1, 5)))["forward"], expected, atol=1e-14)
        target = [*rng.uniform(-2, 2, 2), 0.05]
        s = move(navigate, mocap_pos=[target])
        distance = math.hypot(target[0], target[1] + 0.06)  # the nose of a straight body at the origin
        expected = rewards.tolerance(distance, bounds=(0, 0.1), margin=0.5, sigmoid="long_tail")
        np.testing.assert_allclose(navigate.task.rewards(s, np.zeros((1, 5)))["near"], expected, atol=1e-12)
        assert navigate.task.success(s) == [distance <= 0.1]


@pytest.mark.parametrize("heading_rad", [0.0, 0.4, math.pi / 2, -3.0])
@pytest.mark.parametrize(("left_m", "ahead_m"), [(0.5, 0.0), (-0.5, 0.0), (0.0, 1.0), (0.0, -1.0), (0.3, 0.7)])
def test_to_target_is_egocentric(heading_rad: float, left_m: float, ahead_m: float) -> None:
    """Positive first number: to the left. Negative second: ahead. Left is seen from above, looking along the head."""
    env = make("Navigate")
    ahead = np.array([math.sin(heading_rad), -math.cos(heading_rad)])
    left = np.array([-ahead[1], ahead[0]])  # a quarter turn counter-clockwise
    nose = _nose(env, heading_rad)
    target = nose + left_m * left + ahead_m * ahead
    s = move(env, qpos=[0, 0, heading_rad, *[0.2] * 5], mocap_pos=[[*target, 0.05]])
    observed = env.task.observe(s)["to_target"][0]
    np.testing.assert_allclose(observed, [left_m, -ahead_m], atol=1e-12)


def _nose(env: BodyEnv, heading_rad: float) -> np.ndarray:
    data = mujoco.MjData(env.model)
    data.qpos[2] = heading_rad
    mujoco.mj_forward(env.model, data)
    return data.geom("nose").xpos[:2]


def test_a_target_at_the_nose_is_success_and_ends_nothing() -> None:
    env = make("Navigate")
    env.reset(seed=0)
    engine = env.engine
    snapshot = engine.snapshot()
    start = env.data.mocap_pos.copy()
    address = _address_of(snapshot["state"][0], start[0])
    _, _, terminated, _, info = env.step(np.zeros(5, np.float32))
    assert info["success"] is False
    snapshot["state"][0, address : address + 2] = env.data.geom("nose").xpos[:2]
    engine.restore(snapshot)
    _, reward, terminated, _, info = env.step(np.zeros(5, np.float32))
    assert (info["success"], terminated, reward) == (True, False, 1.0)


def _address_of(row: np.ndarray, values: np.ndarray) -> int:
    (found,) = [i for i in range(len(row) - len(values)) if np.array_equal(row[i : i + len(values)], values)]
    return found


def test_starts_are_spread_over_the_limits() -> None:
    task = make_world("navigate", n_links=6).task
    start = task.begin(np.random.default_rng(1), 4000)
    angles, heading = start["qpos"][:, 3:], start["qpos"][:, 2]
    limit = math.pi / 3
    for values, bound in ((angles, limit), (heading, math.pi)):
        assert np.abs(values).max() <= bound
        quarter = np.histogram(values, bins=4, range=(-bound, bound))[0] / values.size
        np.testing.assert_allclose(quarter, 0.25, atol=0.03)
    assert not start["qpos"][:, :2].any()
    target = np.abs(start["mocap_pos"][:, 0, :2]).max(axis=1)
    assert target.max() <= 2.0
    # a fifth lies in the small square, and (0.3/2)^2 of the rest by chance
    np.testing.assert_allclose((target <= 0.3).mean(), 0.2 + 0.8 * 0.15**2, atol=0.03)
