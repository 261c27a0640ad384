"""What learners of action values share: one choice among alternatives, a replay memory, a network and its target."""

# stable-baselines3 keeps what a resumed run needs in attributes with a leading underscore.
# pyright: reportPrivateUsage=false

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnvWrapper

from innervate.errors import ConfigError

from ..learner import Progress, Setting, Snapshot
from ..tensors import load_optimizer_tensors, optimizer_tensors
from .learner import SB3Learner
from .off_policy_learner import Reports, json_state, normalise_since, replay_arrays, restore_replay, set_json_state


class OneChoice(VecEnvWrapper):
    """A batch whose one choice is a `Discrete`, as DQN asks."""

    def __init__(self, venv: Any) -> None:
        super().__init__(venv, action_space=spaces.Discrete(int(venv.action_space.nvec[0])))

    def reset(self) -> Any:
        """Begin new episodes."""
        return self.venv.reset()

    def step_async(self, actions: np.ndarray) -> None:
        """The number of each body's alternative."""
        self.venv.step_async(np.asarray(actions)[:, None])

    def step_wait(self) -> Any:
        """As it comes."""
        return self.venv.step_wait()


class ValueLearner(SB3Learner):
    """A learner whose `model` is a DQN of stable-baselines3 or its kin, over `OneChoice` of its bodies."""

    model: Any
    config: Any

    def __init__(self, setting: Setting, config: Any, num_envs: int) -> None:
        self.config, self._normalised = config, 0
        super().__init__(setting, num_envs)
        choices = self.controller.spec.choices
        if len(choices) != 1:
            raise ConfigError(
                f"Action values belong to the alternatives of one choice; {setting.world.id} makes {len(choices)}. "
                "Train it with ppo, or with sac where it drives actuators."
            )

    def _callback(self, on_iteration: Callable[[Progress], None]) -> BaseCallback:
        return Reports(self, on_iteration, self.config.report_steps)

    def _update_normalisers(self) -> None:
        """Targets keep the same statistics as what they follow."""
        self._normalised = normalise_since(self._normalised, self.model.replay_buffer, self.model.policy)

    def snapshot(self) -> Snapshot:
        """Networks, moments, replay memory, bodies and generators."""
        model = self.model
        tensors = {f"controller.{k}": v.detach().clone() for k, v in self.controller.state_dict().items()}
        tensors |= {f"policy.{k}": v.detach().clone() for k, v in model.policy.state_dict().items()}
        arrays: dict[str, Any] = {f"adam.{k}": v for k, v in optimizer_tensors(model.policy.optimizer).items()}
        if bodies := self._bodies():
            arrays |= replay_arrays(model.replay_buffer) | bodies
        rng = {
            **self._counters(),
            "actions": json_state(model.action_space.np_random),
            "calls": model._n_calls,
            "episodes": model._episode_num,
            "explore": float(model.exploration_rate),
            "normalised": self._normalised,
            "replay": [model.replay_buffer.pos, model.replay_buffer.full],
        }
        return Snapshot(model=tensors, optimizer=arrays, rng=rng)

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back; an environment that cannot be stopped midway begins new episodes."""
        model, rng, arrays = self.model, snapshot.rng, snapshot.optimizer
        model.policy.load_state_dict({k[7:]: v for k, v in snapshot.model.items() if k.startswith("policy.")})
        moments = {k[5:]: torch.as_tensor(v) for k, v in arrays.items() if k.startswith("adam.")}
        load_optimizer_tensors(model.policy.optimizer, moments)
        if self._restore_bodies(arrays):
            restore_replay(model.replay_buffer, arrays, rng["replay"])
        self._restore_counters(rng)
        model._n_calls, model._episode_num = int(rng["calls"]), int(rng["episodes"])
        model.exploration_rate = float(rng.get("explore", model.exploration_rate))
        self._normalised = int(rng.get("normalised", 0))
        set_json_state(model.action_space.np_random, rng["actions"])
