"""Environments are whole things: copies go on bit for bit, and a fork of one says that it cannot."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import cloudpickle
import gymnasium as gym
import numpy as np
import pytest

from innervate.envs.engine.single import BodyEnv
from innervate.envs.randomisation import Randomisation
from innervate.envs.registry import MAZES, TASKS
from innervate.errors import ConfigError

Copier = Callable[[Any], Any]
COPIERS: dict[str, Copier] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda env: pickle.loads(pickle.dumps(env)),
    "cloudpickle": lambda env: cloudpickle.loads(cloudpickle.dumps(env)),
}
WAYS = pytest.mark.parametrize("copier", COPIERS.values(), ids=COPIERS)
SENSES = Randomisation(delay_s=(0.0, 0.2), noise={}, mass=(0.8, 1.2), gear=(0.9, 1.1))
IDS = [TASKS[name].id for name in TASKS]


def equal(a: Any, b: Any) -> None:
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            equal(a[key], b[key])
    elif isinstance(a, tuple) or (isinstance(a, np.ndarray) and a.dtype == object):
        for x, y in zip(a, b, strict=True):
            equal(x, y)
    else:
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("id_", IDS)
@WAYS
def test_a_copy_of_one_environment_goes_on_bit_for_bit(id_: str, copier: Copier) -> None:
    env = gym.make(id_, max_episode_steps=8, randomisation=SENSES)
    env.reset(seed=0)
    for _ in range(5):
        env.step(env.action_space.sample())
    twin = copier(env)
    assert twin.unwrapped.world is not env.unwrapped.world  # pyright: ignore[reportAttributeAccessIssue]
    ends: list[bool] = []
    for _ in range(3):  # to the time limit, which a wrapper counts
        action = env.action_space.sample()
        equal(action, twin.action_space.sample())
        one = env.step(action)
        equal(one, twin.step(action))
        ends.append(one[3])
    assert ends == [False, False, True]
    equal(env.reset()[0], twin.reset()[0])  # the next episode is drawn alike
    still = np.zeros(env.action_space.shape or ())
    equal(env.step(still)[0], twin.step(still)[0])
    assert env.unwrapped.np_random is not twin.unwrapped.np_random


@pytest.mark.parametrize("id_", IDS)
@pytest.mark.parametrize("mode", ["SameStep", "NextStep"])
@WAYS
def test_a_copy_of_a_batch_goes_on_bit_for_bit(id_: str, mode: str, copier: Copier) -> None:
    env = gym.make_vec(
        id_, 3, "vector_entry_point", max_episode_steps=7, randomisation=SENSES, autoreset_mode=mode, threads=2,
    )  # fmt: skip
    env.reset(seed=0)
    for _ in range(5):
        env.step(env.action_space.sample())
    twin = copier(env)
    for _ in range(6):
        action = env.action_space.sample()
        equal(action, twin.action_space.sample())
        equal(env.step(action), twin.step(action))


@pytest.mark.parametrize("id_", [entry.id for entry in MAZES.values()])
@WAYS
def test_a_copy_of_a_maze_goes_on_bit_for_bit(id_: str, copier: Copier) -> None:
    env = gym.make(id_)
    env.reset(seed=0)
    env.step(1)
    twin = copier(env)
    for action in (0, 3, 2, 1):
        equal(env.step(action), twin.step(action))
    equal(env.reset()[0], twin.reset()[0])


@WAYS
def test_a_copy_is_not_the_original(copier: Copier) -> None:
    env = gym.make("innervate/Swim-v0").unwrapped
    assert isinstance(env, BodyEnv)
    env.reset(seed=0)
    before = env.snapshot()
    twin = copier(env)
    twin.step(np.ones(5, np.float32))
    twin.reset(seed=9)
    equal(env.snapshot(), before)
    assert "motor_4" in (twin.task.__doc__ or "")  # it knows its world


@WAYS
def test_a_copy_that_was_never_reset_can_be(copier: Copier) -> None:
    env = gym.make("innervate/Swim-v0")
    equal(copier(env).reset(seed=4)[0], env.reset(seed=4)[0])


@pytest.mark.parametrize("made", ["make('innervate/Swim-v0')", "make_vec('innervate/Swim-v0', 4, threads=2)"])
def test_a_forked_child_is_told_that_it_cannot_step(made: str) -> None:
    code = f"""
import os, signal, warnings
warnings.simplefilter("ignore")
import gymnasium, innervate, pickle
from innervate.errors import ConfigError
env = gymnasium.{made}
env.reset(seed=0)
env.step(env.action_space.sample())
packed = pickle.dumps(env)
child = os.fork()
if child == 0:
    signal.alarm(20)
    try:
        env.step(env.action_space.sample())
    except ConfigError as error:
        assert "forked" in str(error), error
        again = pickle.loads(packed)
        again.step(again.action_space.sample())
        os._exit(7)
    os._exit(1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert out.stdout == "7\n", out.stderr


def test_a_forked_environment_cannot_be_reset_either(monkeypatch: pytest.MonkeyPatch) -> None:
    env = gym.make("innervate/Swim-v0").unwrapped
    monkeypatch.setattr("os.getpid", lambda: -1)
    with pytest.raises(ConfigError, match="forked"):
        env.reset(seed=0)
