"""Gymnasium's and stable-baselines3's own wrappers and tools around every registered task; the page about both."""

import re
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers
from stable_baselines3.common.vec_env import SubprocVecEnv, VecFrameStack, VecNormalize, VecVideoRecorder

from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.sb3.batch_vec_env import BatchVecEnv
from innervate.envs.registry import MAZES, TASKS

EVERY = pytest.mark.parametrize("id_", [entry.id for entry in (*TASKS.values(), *MAZES.values())])
ONES = pytest.mark.parametrize("id_", [entry.id for entry in TASKS.values()])


def _stacked(env: gym.Env[Any, Any]) -> gym.Env[Any, Any]:
    return wrappers.FrameStackObservation(env, 3)


AROUND: dict[str, Any] = {
    "FlattenObservation": wrappers.FlattenObservation,
    "FrameStackObservation": _stacked,
    "NormalizeObservation": wrappers.NormalizeObservation,
    "NormalizeReward": wrappers.NormalizeReward,
    "RecordEpisodeStatistics": wrappers.RecordEpisodeStatistics,
    "TimeAwareObservation": wrappers.TimeAwareObservation,
}


@EVERY
def test_gymnasium_s_wrappers_take_one(id_: str) -> None:
    for name, wrap in AROUND.items():
        env = wrap(gym.make(id_, max_episode_steps=4))
        observation, _ = env.reset(seed=0)
        ended, reward, info = False, 0.0, dict[str, Any]()
        while not ended:
            observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
            ended = terminated or truncated
        assert env.observation_space.contains(observation) or name == "NormalizeObservation"
        assert np.isfinite(reward) and (name != "RecordEpisodeStatistics" or info["episode"]["l"] <= 4)
        env.close()


@ONES
def test_stable_baselines3_s_wrappers_take_a_batch(id_: str) -> None:
    world = WorldConfig(id=id_, options={"max_episode_steps": 3})
    env = VecFrameStack(VecNormalize(BatchVecEnv(make_vector_env(world, 2))), 2)
    seen: Any = env.reset()
    size = seen.shape[1] // 2
    for _ in range(4):
        seen, reward, dones, infos = env.step(np.stack([env.action_space.sample() for _ in range(2)]))
        assert np.isfinite(seen).all() and np.isfinite(reward).all()
        if dones[0]:
            assert {"terminal_observation", "episode"} <= infos[0].keys()
            assert any(key.startswith("reward/") for key in infos[0])  # the task's own last values
    assert seen.shape == (2, 2 * size)
    env.close()


def test_a_vec_env_says_what_it_has_and_shows_itself() -> None:
    world = WorldConfig(id="reach", options={"max_episode_steps": 3, "render_envs": (0, 1), "width": 64, "height": 48})
    env = BatchVecEnv(make_vector_env(world, 2, render=True))
    assert not env.has_attr("no_such_thing") and env.has_attr("control_step_s")
    with pytest.raises(AttributeError, match="no_such_thing"):
        env.get_attr("no_such_thing")
    env.reset()
    images: list[Any] = env.get_images()
    tiled = env.render()
    assert [np.shape(image) for image in images] == [(48, 64, 3)] * 2
    assert tiled is not None and tiled.shape[0] * tiled.shape[1] == 2 * 48 * 64
    infos = [env.step(np.stack([env.action_space.sample() for _ in range(2)]))[3] for _ in range(3)][-1]
    assert infos[0]["is_success"] in (True, False) and infos[0]["is_success"] == bool(infos[0]["success"])
    env.close()


@pytest.mark.slow
def test_stable_baselines3_s_recorder_and_processes(tmp_path: Path) -> None:
    pytest.importorskip("moviepy")
    world = WorldConfig(id="swim", options={"max_episode_steps": 5, "width": 64, "height": 64})
    drawn = BatchVecEnv(make_vector_env(world, 1, render=True))
    env = VecVideoRecorder(drawn, str(tmp_path), record_video_trigger=lambda _: True, video_length=4)
    env.reset()
    for _ in range(5):
        env.step(np.stack([env.action_space.sample()]))
    env.close()
    assert list(tmp_path.glob("*.mp4"))


def _swim() -> gym.Env[Any, Any]:
    __import__("innervate")
    return gym.make("innervate/Swim-v0", max_episode_steps=3)


@pytest.mark.slow
def test_in_processes_of_their_own_they_are_the_same() -> None:
    many = SubprocVecEnv([_swim, _swim], start_method="spawn")
    many.seed(3)
    seen: Any = many.reset()
    alone = [_swim().reset(seed=3 + i)[0] for i in range(2)]
    many.close()
    np.testing.assert_array_equal(seen, alone)


def test_the_page_about_both_runs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "tutorials" / "stable-baselines3.md").read_text()
    scope: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, "stable-baselines3.md", "exec"), scope)
    assert scope["counts"].steps == 512 + 512
    assert scope["run"].spent()[0] == 512 and scope["net"].num_timesteps == 256
