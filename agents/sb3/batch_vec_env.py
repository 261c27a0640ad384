"""A Gymnasium vector environment as a stable-baselines3 `VecEnv`: one batch stepped at once, episodes monitored."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import tile_images

from innervate.errors import ConfigError

from ..experience.guard import check_action, check_reward


class BatchVecEnv(VecEnv):
    """Steps all bodies in one call; no Python runs for an environment whose episode goes on.

    `infos` holds, for an environment whose episode has ended, the task's own last values, `is_success` where it knows
    success, `terminal_observation`, `TimeLimit.truncated` and Monitor's `episode`; for all others the same empty
    dictionary.

    Args:
        env: restarts in the step in which an episode ends (Gymnasium's SAME_STEP).
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        observation_space: spaces.Space[Any] | None = None,
        action_space: spaces.Space[Any] | None = None,
    ) -> None:
        if env.metadata.get("autoreset_mode") != AutoresetMode.SAME_STEP:
            raise ConfigError("stable-baselines3 expects environments that restart in the same step (SAME_STEP).")
        self.env = env
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, np.int64)
        self._actions: np.ndarray | None = None
        self._all = np.ones(env.num_envs, np.bool_)
        self._quiet: list[dict[str, Any]] = [{} for _ in range(env.num_envs)]
        self.episode_seeds: Sequence[int] | None = None
        super().__init__(
            env.num_envs, observation_space or env.single_observation_space, action_space or env.single_action_space
        )

    def present(self, flat: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """What the learner is shown of the bodies' observations; `starts` marks the first of an episode."""
        del starts
        return flat

    def present_terminal(self, i: int, flat: np.ndarray) -> np.ndarray:
        """What the learner is shown of the last observation of environment `i`."""
        del i
        return flat

    def command(self, actions: np.ndarray) -> np.ndarray:
        """What the bodies are told when the learner has chosen `actions`."""
        return actions

    def reset(self) -> np.ndarray:
        """Begin new episodes everywhere, from `episode_seeds` if they were set."""
        seeds: Any = None if self.episode_seeds is None else list(self.episode_seeds)
        flat, _ = self.env.reset(seed=seeds)
        self.episode_seeds = None
        self._returns[:], self._lengths[:] = 0.0, 0
        return self.present(np.array(flat, np.float32), np.ones(self.num_envs, np.bool_))

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Observations, rewards, dones and infos."""
        assert self._actions is not None
        check_action(self._actions)
        flat, reward, terminated, truncated, info = self.env.step(self.command(self._actions))
        check_reward(reward)
        self._returns += reward
        self._lengths += 1
        done = np.asarray(terminated | truncated)
        infos = self._quiet
        if done.any():
            cut = np.asarray(truncated & ~terminated)
            infos = [self._ended(i, info, bool(cut[i])) if d else {} for i, d in enumerate(done)]
            self._returns[done], self._lengths[done] = 0.0, 0
        return self.present(np.array(flat, np.float32), done), reward.astype(np.float32), done, infos

    def _ended(self, i: int, info: dict[str, Any], cut: bool) -> dict[str, Any]:
        """What is told of an episode's end: the task's own last values, and what stable-baselines3 reads."""
        final = info.get("final_info", {})
        own = {k: v[i] for k, v in final.items() if not k.startswith("_") and final.get(f"_{k}", self._all)[i]}
        reached = own.get("success", own.get("is_success"))
        return {
            **own,
            **({} if reached is None else {"is_success": bool(reached)}),
            "terminal_observation": self.present_terminal(i, np.asarray(info["final_obs"][i], np.float32)),
            "TimeLimit.truncated": cut,
            "episode": {"r": float(self._returns[i]), "l": int(self._lengths[i]), "t": 0.0},
        }

    def snapshot(self) -> dict[str, np.ndarray] | None:
        """All that `restore` needs, or None if the environment cannot be stopped in the middle of an episode."""
        if not hasattr(self.env, "snapshot"):
            return None
        env: Any = self.env
        physics = {f"physics.{k}": v for k, v in env.snapshot().items()}
        return {**physics, "returns": self._returns.copy(), "lengths": self._lengths.copy()}

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on where `snapshot` was taken."""
        env: Any = self.env
        env.restore({k.removeprefix("physics."): v for k, v in snapshot.items() if k.startswith("physics.")})
        self._returns, self._lengths = snapshot["returns"].copy(), snapshot["lengths"].copy()

    def close(self) -> None:
        """Free the environments."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same attribute of the vector environment for every index. Raises `AttributeError` where it has none."""
        return [getattr(self.env, attr_name)] * len(list(self._get_indices(indices)))

    def has_attr(self, attr_name: str) -> bool:
        """Whether the vector environment has such an attribute."""
        return hasattr(self.env, attr_name)

    def get_images(self) -> list[np.ndarray | None]:
        """A frame of every environment that is drawn, None for the others."""
        frames: Any = self.env.render()
        drawn = getattr(self.env.unwrapped, "_render_envs", range(self.num_envs))
        found: list[np.ndarray | None] = [None] * self.num_envs
        for i, frame in zip(drawn, () if frames is None else frames, strict=False):
            found[i] = frame
        return found

    def render(self, mode: str | None = None) -> np.ndarray | None:
        """All frames tiled into one picture; None without a render mode."""
        if mode == "human":
            raise ConfigError("Many bodies have no window; ask for rgb_array, or see one of them: innervate play.")
        frames = [frame for frame in self.get_images() if frame is not None]
        return tile_images(frames) if frames else None

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not offered: the bodies of a batch are one object."""
        raise ConfigError(f"The bodies of a batch share their attributes; set {attr_name} when the batch is made.")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Call a method of the vector environment; the result stands for every index."""
        result = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return [result] * len(list(self._get_indices(indices)))

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Whether episodes are monitored (they are); no other wrapper stands around a single member of the batch."""
        monitored = getattr(wrapper_class, "__name__", "") == "Monitor"
        return [monitored] * len(list(self._get_indices(indices)))

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seeds for the next reset, one after the other from `seed`, unless `episode_seeds` were set."""
        if seed is not None and self.episode_seeds is None:
            self.episode_seeds = [seed + i for i in range(self.num_envs)]
        return list(self.episode_seeds or [None] * self.num_envs)
