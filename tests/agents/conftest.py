"""Small worlds with known answers."""

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch

torch.set_num_threads(1)


class Recall(gym.Env[np.ndarray, np.ndarray]):
    """A cue of +1 or -1 in the first step only; in the last, the reward is the cue times the action."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space = gym.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, delay: int = 4) -> None:
        self._delay = delay

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._time, self._cue = 0, float(self.np_random.choice([-1.0, 1.0]))
        return np.array([self._cue, 0.0], np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._time += 1
        last = self._time == self._delay
        over = self._time > self._delay
        reward = self._cue * float(np.clip(action[0], -1, 1)) if over else 0.0
        return np.array([0.0, float(last)], np.float32), reward, over, False, {}


class Chain(gym.Env[np.ndarray, np.ndarray]):
    """Two states in turn, reward 1 a step for ever; only a time limit ends an episode."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (1,), np.float32)
    action_space = gym.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._state = 0.0
        return np.array([self._state], np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._state = 1.0 - self._state
        return np.array([self._state], np.float32), 1.0, False, False, {}


class Ragged(gym.Env[np.ndarray, np.ndarray]):
    """Episodes of different lengths, their length drawn at reset; observes noise."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (3,), np.float32)
    action_space = gym.spaces.Box(-2.0, 4.0, (2,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._left = int(self.np_random.integers(2, 9))
        return self.np_random.normal(size=3).astype(np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        assert (action >= -2).all()
        assert (action <= 4).all()
        self._left -= 1
        return self.np_random.normal(size=3).astype(np.float32), float(action.sum()), self._left == 0, False, {}


@pytest.fixture(autouse=True)
def small_worlds() -> Iterator[None]:
    """Registers `test/Recall-v0`, `test/Chain-v0` and `test/Ragged-v0`."""
    kinds: dict[str, tuple[Callable[..., Any], int | None]] = {
        "test/Recall-v0": (Recall, None),
        "test/Chain-v0": (Chain, 5),
        "test/Ragged-v0": (Ragged, None),
    }
    for id_, (kind, limit) in kinds.items():
        gym.register(id_, kind, max_episode_steps=limit)
    yield
    for id_ in kinds:
        del gym.registry[id_]
