"""A Gymnasium vector environment as a stable-baselines3 `VecEnv` whose observations carry the controller's state."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import VecEnv

from innervate.errors import ConfigError

from ...controllers import Controller, State
from ..guard import check_action, check_observation
from ..worlds import action_scale
from .carry import Carrier


class NervousVecEnv(VecEnv):
    """Steps the bodies and, beside them, the controller's state; monitors episodes.

    Actions are in [-1, 1] whatever the actuators' limits. The state advances by what the body sensed, never by the
    action that exploration drew, so warm-up by random actions leaves it right.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], controller: Controller) -> None:
        if env.metadata.get("autoreset_mode") != AutoresetMode.SAME_STEP:
            raise ConfigError("stable-baselines3 expects environments that restart in the same step (SAME_STEP).")
        self.env, self.controller, self.carrier = env, controller, Carrier.of(controller)
        self._centre, self._half = action_scale(env)
        self._flat = np.zeros((env.num_envs, controller.spec.observation_size), np.float32)
        self._state: State = controller.initial_state(env.num_envs)
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, np.int64)
        self._actions: np.ndarray | None = None
        self._quiet: list[dict[str, Any]] = [{} for _ in range(env.num_envs)]
        self.episode_seeds: Sequence[int] | None = None
        actions = spaces.Box(-1.0, 1.0, (controller.spec.action_size,), np.float32)
        super().__init__(env.num_envs, self.carrier.space(), actions)

    def _carried(self, flat: np.ndarray, state: State, start: np.ndarray) -> np.ndarray:
        check_observation(flat, self.controller.spec)
        return self.carrier.join(torch.from_numpy(flat), state, torch.from_numpy(start.astype(np.float32))).numpy()

    def reset(self) -> np.ndarray:
        """Begin new episodes everywhere, from `episode_seeds` if they were set."""
        seeds: Any = None if self.episode_seeds is None else list(self.episode_seeds)
        flat, _ = self.env.reset(seed=seeds)
        self.episode_seeds = None
        self._flat = np.array(flat, np.float32)
        self._state = self.controller.initial_state(self.num_envs)
        self._returns[:], self._lengths[:] = 0.0, 0
        return self._carried(self._flat, self._state, np.ones(self.num_envs))

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    @torch.no_grad()
    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Carried observations, rewards, dones, and infos with `terminal_observation` and `episode`."""
        assert self._actions is not None
        check_action(self._actions)
        after = self.controller.advance(self.controller.spec.split(torch.from_numpy(self._flat)), self._state)
        action = (self._centre + self._half * self._actions).astype(np.float32)
        flat, reward, terminated, truncated, info = self.env.step(action)
        self._flat = np.array(flat, np.float32)
        self._returns += reward
        self._lengths += 1
        done = np.asarray(terminated | truncated)
        infos = self._quiet
        if done.any():
            infos = [self._ended(i, info, truncated, terminated, after) if d else {} for i, d in enumerate(done)]
            after = self.controller.reset_state(after, torch.from_numpy(done))
            self._returns[done], self._lengths[done] = 0.0, 0
        self._state = after
        return self._carried(self._flat, after, done), reward.astype(np.float32), done, infos

    def _ended(
        self, i: int, info: dict[str, Any], truncated: np.ndarray, terminated: np.ndarray, after: State
    ) -> dict[str, Any]:
        last = np.asarray(info["final_obs"][i], np.float32)[None]
        state = {name: value[i : i + 1] for name, value in after.items()}
        return {
            "terminal_observation": self._carried(last, state, np.zeros(1))[0],
            "TimeLimit.truncated": bool(truncated[i] and not terminated[i]),
            "episode": {"r": float(self._returns[i]), "l": int(self._lengths[i]), "t": 0.0},
        }

    def snapshot(self) -> dict[str, np.ndarray] | None:
        """All that `restore` needs, or None if the environment cannot be stopped in the middle of an episode."""
        if not hasattr(self.env, "snapshot"):
            return None
        env: Any = self.env
        return {
            **{f"physics.{k}": v for k, v in env.snapshot().items()},
            **{f"state.{k}": v.numpy().copy() for k, v in self._state.items()},
            "flat": self._flat.copy(),
            "returns": self._returns.copy(),
            "lengths": self._lengths.copy(),
        }

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on where `snapshot` was taken."""
        env: Any = self.env
        env.restore({k.removeprefix("physics."): v for k, v in snapshot.items() if k.startswith("physics.")})
        self._state = {
            k.removeprefix("state."): torch.from_numpy(v.copy()) for k, v in snapshot.items() if k.startswith("state.")
        }
        self._flat = snapshot["flat"].copy()
        self._returns, self._lengths = snapshot["returns"].copy(), snapshot["lengths"].copy()

    def close(self) -> None:
        """Free the environments."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same attribute of the vector environment for every index; None where it has none."""
        return [getattr(self.env, attr_name, None)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not offered: the bodies of a batch are one object."""
        raise ConfigError(f"The bodies of a batch share their attributes; set {attr_name} when the batch is made.")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Call a method of the vector environment; the result stands for every index."""
        result = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return [result] * len(list(self._get_indices(indices)))

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """No wrapper stands around a single member of the batch."""
        del wrapper_class
        return [False] * len(list(self._get_indices(indices)))

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Ignored: the learner seeds each environment through `episode_seeds`."""
        return [seed] * self.num_envs
