"""The quadruped's task pays for the target speed, tells what moves it, and keeps account of the episode."""

import numpy as np
import pytest
from gymnasium.spaces import Box

from innervate.envs.engine.make import make_single
from innervate.envs.registry import TASKS
from innervate.envs.sensors import Sensors
from innervate.envs.tasks.walk import CONTROL_STEP_S, EPISODE_STEPS, Walk, WalkOptions
from innervate.errors import ConfigError


@pytest.mark.parametrize(
    ("speed", "up", "pay"),
    [(0.0, 1, 0.0), (0.25, 1, 0.5), (0.5, 1, 1.0), (0.6, 1, 1.0), (0.85, 1, 0.5), (0.5, 0, 0.5), (-1.0, 1, 0.0)],
)
def test_it_is_paid_for_the_target_speed_and_for_being_upright(speed: float, up: float, pay: float) -> None:
    read = np.array([[speed, 9, 9, 0.5, 0, 0, 0, 0, up]], float)
    layout = {"velocity": slice(0, 3), "target_speed": slice(3, 6), "up": slice(6, 9)}
    earned = Walk(WalkOptions()).rewards(Sensors(layout, read, read), np.zeros((1, 8)))
    assert earned["walk"] == pytest.approx(pay)


def test_it_stands_in_the_middle_of_its_targets_and_is_told_how_fast_to_be() -> None:
    env = make_single(task="walk", speeds_m_s=(0.3, 1.0, 0.5))
    env.reset(seed=0)
    assert isinstance(env.action_space, Box)
    low, high = env.action_space.low, env.action_space.high
    told, speeds, info = [], [], {}
    for _ in range(EPISODE_STEPS):
        observation, _, terminated, _, info = env.step((low + high) / 2)
        told.append(float(observation[-1]))
        speeds.append(info["mean_speed_m_s"])
        assert not terminated
    assert [told[i] for i in (0, 110, 111, 221, 222, 332)] == pytest.approx([0.3, 0.3, 1.0, 1.0, 0.5, 0.5])
    assert not info["fallen"]
    assert abs(info["distance_m"]) < 0.1
    assert info["speed_error_m_s"] == pytest.approx(0.6, abs=0.05)
    assert speeds[-1] * EPISODE_STEPS * CONTROL_STEP_S == pytest.approx(info["distance_m"], abs=0.02)


def test_torques_of_held_hips_are_those_of_their_springs() -> None:
    env = make_single(task="walk")
    observation, _ = env.reset(seed=3)
    hips = observation[:12:3]
    assert np.abs(hips).max() > 0.01
    np.testing.assert_allclose(observation[12:24:3], -100 * hips, rtol=1e-5)


def test_what_cannot_be_asked_for() -> None:
    assert TASKS["walk"].best_return == EPISODE_STEPS
    with pytest.raises(ConfigError, match=r"0.05 to 3 m/s"):
        WalkOptions(speeds_m_s=())
    with pytest.raises(ConfigError, match=r"0 to 0.3 rad"):
        WalkOptions(start_noise_rad=1.0)
