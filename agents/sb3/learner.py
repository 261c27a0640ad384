"""What learners by stable-baselines3 have in common: the batch of bodies, the generators, the report, the snapshot."""

# stable-baselines3 keeps what a resumed run needs in attributes with a leading underscore.
# pyright: reportPrivateUsage=false

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import Logger

from innervate.errors import ConfigError, RunError

from ...controllers import Controller
from ..experience.worlds import controller_spec, make_vector_env
from ..learner import Learner, Progress, Setting
from ..seeds import Streams
from ..tensors import as_array, global_generators, restore_global_generators
from .vec_env import NervousVecEnv


class SB3Learner(Learner):
    """Runs an algorithm of stable-baselines3; `model` is that object, for callbacks and habits.

    It can be stopped and resumed between an update and the next rollout, in `finish_iteration`.
    """

    model: Any
    """The algorithm, a `stable_baselines3.common.base_class.BaseAlgorithm`."""

    def __init__(self, setting: Setting, num_envs: int) -> None:
        self.setting = setting
        self._streams = Streams(setting.seed)
        env = make_vector_env(setting.world, num_envs, threads=setting.threads)
        self.controller: Controller = setting.controller.build(controller_spec(env), self._streams.controller())
        if self.controller.parameter_count() == 0:
            raise ConfigError("This controller has no parameters to train; choose another one.")
        self.env = NervousVecEnv(env, self.controller)
        self.env.episode_seeds = self._streams.environments(num_envs)
        self._iteration = 0

    def _adopt(self, model: BaseAlgorithm) -> None:
        """Take the algorithm, freshly made and seeded."""
        model.set_logger(Logger(folder=None, output_formats=[]))
        self._generators, self._training = global_generators(), False

    @abstractmethod
    def _callback(self, on_iteration: Callable[[Progress], None]) -> BaseCallback:
        """Calls `finish_iteration` between an update and the next rollout."""

    @abstractmethod
    def _update_normalisers(self) -> None:
        """Take what was sensed since the last iteration into the running statistics."""

    def train(self, on_iteration: Callable[[Progress], None]) -> None:
        """Rollout and update in turn until the budget of environment steps is spent."""
        left = self.setting.steps - self.model.num_timesteps
        if left <= 0:
            return
        # stable-baselines3 draws from the global generators: they are this learner's while it trains.
        restore_global_generators(self._generators)
        self._training = True
        fresh = self.model.num_timesteps == 0
        callbacks = CallbackList([self._callback(on_iteration), *self.setting.callbacks])
        self.model.learn(left, callback=callbacks, log_interval=1, reset_num_timesteps=fresh)
        self.finish_iteration(on_iteration)
        self._generators, self._training = global_generators(), False

    def finish_iteration(self, on_iteration: Callable[[Progress], None]) -> None:
        """After an update and before the next rollout: report."""
        self._update_normalisers()
        self._iteration += 1
        recent = list(self.model.ep_info_buffer or [])
        metrics = {k: float(v) for k, v in self.model.logger.name_to_value.items() if k.startswith("train/")}
        if recent:
            metrics["rollout/return"] = float(np.mean([e["r"] for e in recent]))
            metrics["rollout/length"] = float(np.mean([e["l"] for e in recent]))
        on_iteration(Progress(steps=self.model.num_timesteps, iteration=self._iteration, metrics=metrics))

    def _bodies(self) -> dict[str, np.ndarray]:
        """Bodies, circuit states and what the algorithm saw last; empty before the first step."""
        last = self.model._last_obs
        physics = None if last is None else self.env.snapshot()
        if physics is None:
            return {}
        starts = np.array(self.model._last_episode_starts, np.float32)
        return {**{f"env.{k}": v for k, v in physics.items()}, "last.obs": np.array(last), "last.starts": starts}

    def _restore_bodies(self, arrays: Mapping[str, torch.Tensor | np.ndarray]) -> bool:
        """Put the bodies back; False if the snapshot has none, so that new episodes begin."""
        physics = {k.removeprefix("env."): as_array(v) for k, v in arrays.items() if k.startswith("env.")}
        if not physics:
            return False
        if not hasattr(self.env.env, "restore"):
            raise RunError("The run's environments were stopped midway, and these cannot go on from there.")
        self.env.restore(physics)
        self.model._last_obs = as_array(arrays["last.obs"])
        self.model._last_episode_starts = as_array(arrays["last.starts"]) > 0.5
        return True

    def _counters(self) -> dict[str, Any]:
        """Generators, counts and recent episodes, as JSON."""
        return {
            "global": global_generators() if self._training else self._generators,
            "steps": self.model.num_timesteps,
            "updates": getattr(self.model, "_n_updates", 0),
            "iteration": self._iteration,
            "recent": [[e["r"], e["l"]] for e in self.model.ep_info_buffer or []],
        }

    def _restore_counters(self, rng: Mapping[str, Any]) -> None:
        model: Any = self.model
        model.num_timesteps, model._n_updates = int(rng["steps"]), int(rng["updates"])
        self._iteration = int(rng["iteration"])
        model.ep_info_buffer = deque(({"r": r, "l": n, "t": 0.0} for r, n in rng["recent"]), maxlen=100)
        model.ep_success_buffer = deque(maxlen=100)
        self._generators = rng["global"]

    def close(self) -> None:
        """Free the environments."""
        self.env.close()
