"""Worse senses for environments whose own engine cannot make them so: late, and noisy."""

from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv, VectorWrapper
from jaxtyping import Float


class WorseSenses(VectorWrapper[Any, Any, Any, Any]):
    """A batch of flat observations that come some control steps late, with noise on every number.

    Before an episode is as old as the delay, its first observation is told.

    Args:
        env: begins again in the step in which an episode ends (Gymnasium's SAME_STEP).
        delay_steps: control steps by which every observation is late.
        noise: standard deviation of the noise on each number, in the number's own unit.
        seed: of the noise.
    """

    def __init__(
        self, env: VectorEnv[Any, Any, Any], *, delay_steps: int, noise: Float[np.ndarray, "size"], seed: int = 0
    ) -> None:
        super().__init__(env)
        self._delay, self._noise, self._seed = delay_steps, noise, seed
        self._line = np.zeros(0)
        self._rng = np.random.default_rng(seed)

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """New episodes, the noise from its beginning."""
        flat, info = self.env.reset(seed=seed, options=options)
        self._rng = np.random.default_rng(self._seed)
        self._line = np.repeat(np.asarray(flat, np.float32)[None], self._delay + 1, axis=0)
        return self._told(), info

    def step(self, actions: np.ndarray) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """One control step; `final_obs` is as the environment has it."""
        flat, reward, terminated, truncated, info = self.env.step(actions)
        self._line = np.concatenate([self._line[1:], np.asarray(flat, np.float32)[None]])
        fresh = np.asarray(terminated | truncated)
        self._line[:, fresh] = self._line[-1, fresh]
        return self._told(), reward, terminated, truncated, info

    def _told(self) -> Float[np.ndarray, "env size"]:
        told = self._line[0]
        return (told + self._noise * self._rng.standard_normal(told.shape)).astype(np.float32)
