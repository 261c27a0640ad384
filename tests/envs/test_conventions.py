"""Gymnasium's conventions for time limits and automatic resets, and its own wrappers around a batch."""

import json
import subprocess
import sys
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from innervate.agents.experience.worlds import WorldConfig, make_vector_env
from innervate.envs.registry import TASKS
from innervate.errors import ConfigError

EVERY = pytest.mark.parametrize("id_", [entry.id for entry in TASKS.values()])


def truncated_after(env: Any, steps: int) -> bool:
    env.reset(seed=0)
    ends = [np.any(env.step(env.action_space.sample() * 0)[3]) for _ in range(steps)]
    return bool(np.any(ends))


@pytest.mark.parametrize("limit", [-1, None])
def test_minus_one_is_no_limit(limit: int | None) -> None:
    one, many = gym.make("innervate/Hold-v0", max_episode_steps=-1), gym.make_vec(
        "innervate/Hold-v0", 2, max_episode_steps=limit
    )  # fmt: skip
    assert not truncated_after(one, 160)  # registered with 150
    assert not truncated_after(many, 160)


@pytest.mark.parametrize("limit", [0, -7])
def test_a_limit_that_is_none_is_refused(limit: Any) -> None:
    with pytest.raises(ConfigError, match=f"1 or more, or -1 for no limit; {limit!r} came"):
        gym.make_vec("innervate/Swim-v0", 2, max_episode_steps=limit)


@EVERY
def test_a_batch_made_without_further_arguments_resets_as_gymnasium_s_does(id_: str) -> None:
    peer = gym.make_vec("CartPole-v1", 2)
    env: Any = gym.make_vec(id_, 2, max_episode_steps=3)
    assert env.metadata["autoreset_mode"] is peer.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    env.reset(seed=0)
    steps = [env.step(env.action_space.sample()) for _ in range(4)]
    assert [(terminated | truncated).all() for _, _, terminated, truncated, _ in steps] == [False, False, True, False]
    assert not any("final_obs" in info for *_, info in steps)
    np.testing.assert_array_equal(steps[-1][1], 0)  # the step that only resets
    np.testing.assert_array_equal(env.elapsed, 0)


def test_the_learners_ask_for_a_reset_in_the_same_step() -> None:
    env = make_vector_env(WorldConfig(id="swim"), 2)
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP


@EVERY
def test_gymnasium_s_vector_wrappers_take_a_batch(id_: str) -> None:
    wrappers = gym.wrappers.vector
    for wrapper in (
        wrappers.NormalizeObservation, wrappers.NormalizeReward, wrappers.FlattenObservation,
        wrappers.RecordEpisodeStatistics, wrappers.ClipAction,
    ):  # fmt: skip
        env: Any = wrapper(gym.make_vec(id_, 3, max_episode_steps=4))
        env.reset(seed=0)
        seen = np.array([env.step(env.action_space.sample())[0] for _ in range(9)])
        assert np.isfinite(seen).all()
        assert seen[0].shape == env.observation_space.shape
        env.close()


def test_gymnasium_s_single_and_batched_wrappers_agree_on_an_episode() -> None:
    """Length and return of episodes, as Gymnasium's own statistics have them."""
    code = """
import gymnasium as gym, innervate, json, numpy as np
many = gym.wrappers.vector.RecordEpisodeStatistics(gym.make_vec("innervate/Hopper-v0", 3, max_episode_steps=40))
many.reset(seed=5)
actions = np.random.default_rng(0).uniform(-1, 1, (40, 3, 3)).astype(np.float32)
found = [None] * 3
for action in actions:
    info = many.step(action)[4]
    for i in np.flatnonzero(info.get("_episode", np.zeros(3, bool))):
        found[i] = found[i] or [int(info["episode"]["l"][i]), float(info["episode"]["r"][i])]
expected = []
for i in range(3):
    one = gym.wrappers.RecordEpisodeStatistics(gym.make("innervate/Hopper-v0", max_episode_steps=40))
    one.reset(seed=5 + i)
    for action in actions[:, i]:
        _, _, terminated, truncated, info = one.step(action)
        if terminated or truncated:
            expected.append([int(info["episode"]["l"]), float(info["episode"]["r"])])
            break
print(json.dumps([found, expected]))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    found, expected = json.loads(out.stdout)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
