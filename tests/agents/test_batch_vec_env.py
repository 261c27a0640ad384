"""The batch under stable-baselines3 against its own loop over single environments."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from innervate.agents.sb3.batch_vec_env import BatchVecEnv
from innervate.errors import ConfigError

N, LIMIT = 3, 7


def test_it_is_the_loop_over_single_environments() -> None:
    many = BatchVecEnv(
        gym.make_vec("innervate/Swim-v0", N, autoreset_mode=AutoresetMode.SAME_STEP, max_episode_steps=LIMIT)
    )
    loop = DummyVecEnv([lambda: Monitor(gym.make("innervate/Swim-v0", max_episode_steps=LIMIT)) for _ in range(N)])
    for env in (many, loop):
        env.seed(5)
    np.testing.assert_array_equal(many.reset(), loop.reset())
    rng = np.random.default_rng(0)
    ended = 0
    for _ in range(3 * LIMIT):
        actions = rng.uniform(-1, 1, (N, 5)).astype(np.float32)
        ours, theirs = many.step(actions), loop.step(actions)
        for a, b in zip(ours[:3], theirs[:3], strict=True):
            np.testing.assert_array_equal(a, b)
        for mine, other in zip(ours[3], theirs[3], strict=True):
            if "terminal_observation" not in other:
                assert mine == {}
                continue
            ended += 1
            np.testing.assert_array_equal(mine["terminal_observation"], other["terminal_observation"])
            assert mine["TimeLimit.truncated"] == other["TimeLimit.truncated"] is True
            assert mine["episode"]["r"] == pytest.approx(other["episode"]["r"], abs=1e-5)
            assert mine["episode"]["l"] == other["episode"]["l"] == LIMIT
    assert ended == 3 * N


def test_other_autoreset_modes_are_refused() -> None:
    with pytest.raises(ConfigError, match="SAME_STEP"):
        BatchVecEnv(gym.make_vec("innervate/Swim-v0", 2, autoreset_mode=AutoresetMode.NEXT_STEP))
