"""An environment from outside, checked at every step: what it gives must be what it said, finite, and end."""

import re
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from innervate.errors import ConfigError, InnervateWarning, NonFiniteError

OLD_RESET = re.compile(r"reset\(\) got an unexpected keyword argument '(seed|options)'")
"""What Python says to a `reset` from before environments were seeded there."""
CUT_STEPS = 1_000
"""Control steps after which an episode is cut where neither the environment nor the user says so."""


class Checked(gym.Wrapper[Any, Any, Any, Any]):
    """Stops in the step in which an environment breaks its word, and says which and how.

    Args:
        env: any environment.
        name: of it, in messages.
        number: which of a batch it is.
        cut: control steps after which an episode is truncated; None where the environment has a limit of its own.

    Raises:
        NonFiniteError: a reward or an observation is NaN or infinite.
        ConfigError: one is not of the shape that was declared, or `step` does not give five things.
    """

    def __init__(self, env: gym.Env[Any, Any], name: str, number: int, cut: int | None) -> None:
        super().__init__(env)
        self._where, self._name, self._cut = f"environment {number} ({name})", name, cut
        self._steps = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        try:
            given: Any = self.env.reset(seed=seed, options=options)
        except TypeError as error:
            if not OLD_RESET.search(str(error)):
                raise
            raise ConfigError(
                f"reset of {self._where} should be reset(self, *, seed=None, options=None), as Gymnasium's is: {error}."
            ) from error
        if not (isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], dict)):
            raise ConfigError(f"reset of {self._where} should return (observation, info); it returned {_short(given)}.")
        self._steps = 0
        check_like(self.observation_space, given[0], f"observation of {self._where}")
        return given[0], _simple(given[1], self._where)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One control step."""
        try:
            given: Any = self.env.step(action)
        except ValueError as error:
            if "to unpack (expected 5" not in str(error):
                raise
            given = ()  # told below: a wrapper within has noticed first
        if not (isinstance(given, tuple) and len(given) == 5):
            raise ConfigError(
                f"step of {self._where} should return (observation, reward, terminated, truncated, info), and returned "
                f"another number of things."
            )
        if not isinstance(given[4], dict):
            raise ConfigError(f"The info of {self._where} should be a dict; it is {_short(given[4])}.")
        observation, reward, terminated, truncated, info = given
        self._steps += 1
        check_like(self.observation_space, observation, f"observation of {self._where}")
        amount = _reward(reward, self._where, self._steps)
        ended = _flag(terminated, f"`terminated` of {self._where}")
        cut = _flag(truncated, f"`truncated` of {self._where}")
        if self._cut is not None and self._steps >= self._cut and not (ended or cut):
            warnings.warn(
                f"{self._name} has no time limit, and an episode that had not ended was cut after {self._cut:,} "
                "control steps; set it with --env.max-episode-steps, or with max_episode_steps where it is registered.",
                InnervateWarning, stacklevel=3,
            )  # fmt: skip
            cut = True
        return observation, amount, ended, cut, _simple(info, self._where)




def check_like(space: spaces.Space[Any], value: Any, what: str) -> None:
    """Raise unless a value is of a space's kind and shape, and finite; bounds of a `Box` are not asked for."""
    if isinstance(space, spaces.Box):
        array = _array(value, what)
        if array.shape != space.shape:
            raise ConfigError(f"The {what} has shape {array.shape}; its space says {space.shape}.")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            place = np.argwhere(~np.isfinite(array))[0].tolist()
            raise NonFiniteError(f"The {what} is {array[tuple(place)]} at {place or 'its one number'}.")
    elif isinstance(space, (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
        array = _array(value, what)
        if isinstance(space, spaces.Discrete):
            shape, low, high = (), space.start, space.start + space.n - 1
        elif isinstance(space, spaces.MultiDiscrete):
            shape, low, high = space.nvec.shape, space.start, space.start + space.nvec - 1
        else:
            shape, low, high = space.shape, 0, 1
        if array.shape != shape or not ((array >= low) & (array <= high) & (array == np.floor(array))).all():
            raise ConfigError(f"The {what} is {_short(value)}, which is not in {space}, as it was declared.")
    elif isinstance(space, spaces.Dict):
        if not isinstance(value, dict) or value.keys() != space.spaces.keys():
            keys = sorted(map(str, value)) if isinstance(value, dict) else _short(value)
            raise ConfigError(f"The {what} should have the keys {sorted(space.spaces)}; it has {keys}.")
        for name, part in space.spaces.items():
            check_like(part, value[name], f"{name!r} of the {what}")
    elif isinstance(space, spaces.Tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(space.spaces):
            raise ConfigError(f"The {what} should have {len(space.spaces)} parts; it is {_short(value)}.")
        for i, part in enumerate(space.spaces):
            check_like(part, value[i], f"part {i} of the {what}")


def success_in(info: dict[str, Any], where: str) -> bool | None:
    """Whether an info tells of success (`success`, or stable-baselines3's `is_success`); None where it does not."""
    found = [info[name] for name in ("success", "is_success") if name in info]
    return None if not found else _flag(found[0], f"success of {where}")


def _reward(reward: Any, where: str, step: int) -> float:
    array = np.asarray(reward)
    if array.size != 1 or array.dtype.kind not in "fiub":
        raise ConfigError(f"The reward of {where} should be one number; it is {_short(reward)}.")
    amount = float(array.reshape(()))
    if not np.isfinite(amount):
        raise NonFiniteError(f"The reward of {where} is {amount} at control step {step} of the episode.")
    return amount


def _flag(value: Any, what: str) -> bool:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "bfiu" or array.reshape(()) not in (0, 1):
        raise ConfigError(f"The {what} should be True or False; it is {_short(value)}.")
    return bool(array.reshape(()))


def _simple(info: dict[str, Any], where: str) -> dict[str, Any]:
    """What of an info a batch can hold side by side: numbers and words. Success is told as `success`."""
    kept = {str(k): v for k, v in info.items() if isinstance(v, (bool, int, float, str, np.generic))}
    reached = success_in(info, where)
    return kept if reached is None else {**kept, "success": reached}


def _array(value: Any, what: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ConfigError(f"The {what} is no array of one shape: {error}.") from error
    if array.dtype.kind not in "fiub":
        raise ConfigError(f"The {what} is not made of numbers: {_short(value)}.")
    return array


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) < 80 else text[:77] + "..."
