"""dm_control's suite through shimmy, flat and in single precision like everything else here."""

import sys
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Dict
from jaxtyping import Float32

from innervate.signals import Channel

from ..sight import gl


class SuiteEnv(gym.Wrapper[Any, Any, Any, Any]):
    """A task of dm_control's suite with a flat observation, its named parts in the suite's order.

    `channels` and `control_step_s` are also on the environment within, where `unwrapped` leads.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        super().__init__(env)
        within: Any = env.unwrapped
        parts = env.observation_space
        if not isinstance(parts, Dict) or not isinstance(env.action_space, Box):
            raise TypeError(f"{env} has spaces {parts} and {env.action_space}; a dict and a box are expected.")
        self.channels = tuple(
            Channel(name, int(np.prod(part.shape or ())), "", None, f"{name!r} of dm_control, flat")
            for name, part in within.observation_spec().items()
        )
        self.control_step_s = float(within.control_timestep())
        within.channels, within.control_step_s = self.channels, self.control_step_s
        self._observation_space = Box(-np.inf, np.inf, (sum(c.size for c in self.channels),), np.float32)
        bounds = env.action_space
        self._action_space = Box(bounds.low.astype(np.float32), bounds.high.astype(np.float32), dtype=np.float32)
        self._double = bounds

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "observation"], dict[str, Any]]:
        """Begin an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self._flat(observation), info

    def step(self, action: np.ndarray) -> tuple[Float32[np.ndarray, "observation"], float, bool, bool, dict[str, Any]]:
        """One control step."""
        double = np.clip(np.asarray(action, np.float64), self._double.low, self._double.high)
        observation, reward, terminated, truncated, info = self.env.step(double)
        return self._flat(observation), float(reward), terminated, truncated, info

    def _flat(self, observation: dict[str, Any]) -> Float32[np.ndarray, "observation"]:
        parts = [np.asarray(observation[channel.name], np.float32).ravel() for channel in self.channels]
        return np.concatenate(parts)


def make_suite(*, domain: str, task: str, render_mode: str | None = None, **render_kwargs: Any) -> SuiteEnv:
    """`gymnasium.make` for `innervate/dm_control.<domain>-<task>-v0`; `width`, `height`, `camera_id` for frames."""
    if "dm_control" not in sys.modules:
        gl.prepare_if_possible()  # dm_control opens OpenGL when it is imported, some tasks also to run
    from dm_control import suite
    from shimmy.dm_control_compatibility import DmControlCompatibilityV0

    env = DmControlCompatibilityV0(suite.load(domain, task), render_mode=render_mode, render_kwargs=render_kwargs)
    return SuiteEnv(env)
