"""What Gymnasium and stable-baselines3 demand of an environment."""

import dataclasses
import inspect
import re
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env

from innervate.envs import registry
from innervate.envs.engine.make import make_world
from innervate.envs.engine.single import BodyEnv
from innervate.envs.registry import TASKS, TaskEntry

ENTRIES = pytest.mark.parametrize("entry", TASKS.values(), ids=TASKS.keys())


def bare(entry: TaskEntry, **options: Any) -> BodyEnv:
    env = gym.make(entry.id, **options).unwrapped
    assert isinstance(env, BodyEnv)
    return env


@ENTRIES
def test_gymnasium_s_checker_passes(entry: TaskEntry) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*A Box observation space m.* value is.*infinity.*")
        check_env(bare(entry, render_mode="rgb_array"))


@ENTRIES
def test_stable_baselines3_s_checker_passes(entry: TaskEntry) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*symmetric and normalized Box.*")  # a muscle cannot push
        checker.check_env(bare(entry))


@ENTRIES
def test_spec_says_the_time_limit_and_survives_json(entry: TaskEntry) -> None:
    for options in ({}, *entry.examples):
        env = gym.make(entry.id, **options)
        assert env.spec is not None
        assert env.spec.max_episode_steps == entry.max_episode_steps
        again = gym.make(EnvSpec.from_json(env.spec.to_json()))
        assert again.observation_space == env.observation_space


@ENTRIES
def test_options_are_the_keyword_arguments(entry: TaskEntry) -> None:
    source = "".join(map(inspect.getsource, entry.options.__mro__[:-1]))
    for field in dataclasses.fields(entry.options):
        assert re.search(rf'{field.name}: .*\n    """', source), f"{field.name} has no docstring"
        assert bare(entry, **{field.name: field.default}).observation_space.shape is not None


def test_time_limit_is_truncation() -> None:
    env = gym.make("innervate/Swim-v0")
    env.reset(seed=0)
    ends = [env.step(np.zeros(5, np.float32))[2:4] for _ in range(1000)]
    assert ends[:-1] == [(False, False)] * 999
    assert ends[-1] == (False, True)


def test_the_static_table_of_dm_control_s_suite_is_complete() -> None:
    from dm_control import suite

    table = {(domain, task) for domain, tasks in registry.DM_CONTROL.items() for task in tasks}
    assert table == set(suite.ALL_TASKS)
    assert all(registry.suite_id(*key) in gym.registry for key in table)


def test_a_suite_task_is_flat_and_the_same_as_dm_control_s() -> None:
    from dm_control import suite

    env = gym.make(registry.suite_id("cheetah", "run"))
    theirs = suite.load("cheetah", "run", task_kwargs={"random": 3})
    observation, _ = env.reset(seed=3)
    step = theirs.reset()
    base: Any = env.unwrapped
    assert base.control_step_s == theirs.control_timestep()
    for action in np.random.default_rng(0).uniform(-1, 1, (20, 6)).astype(np.float32):
        parts = [np.ravel(step.observation[channel.name]) for channel in base.channels]
        np.testing.assert_array_equal(observation, np.concatenate(parts).astype(np.float32))
        observation, reward, _, _, _ = env.step(action)
        step = theirs.step(action)
        assert reward == step.reward


def test_worlds_are_made_from_names() -> None:
    assert make_world("swim", n_links=9).model.nu == 8
