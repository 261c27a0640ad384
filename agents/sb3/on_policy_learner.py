"""What on-policy learners share: stable-baselines3's algorithms, a rollout and an update in turn."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from innervate.errors import ConfigError

from ..learner import Progress, Setting, Snapshot
from ..tensors import load_optimizer_tensors, optimizer_tensors
from .learner import SB3Learner
from .policy import ControllerPolicy


class OnPolicyLearner(SB3Learner):
    """Runs an on-policy algorithm of stable-baselines3 around a `ControllerPolicy`."""

    model: Any
    config: Any

    def __init__(self, setting: Setting, config: Any) -> None:
        if not (0 < config.discount <= 1 and config.initial_std > 0):
            raise ConfigError("discount must lie in (0, 1] and initial_std above 0.")
        self.config = config
        super().__init__(setting, config.num_envs)
        length = self.unrolled()
        self.model = self.algorithm(self.policy_settings(length), length)
        self._adopt(self.model)
        self._carried = np.zeros((0, self.env.carrier.size), np.float32)

    @abstractmethod
    def unrolled(self) -> int:
        """Control steps through which the controller is trained; 1 where it learns no recurrence."""

    @abstractmethod
    def algorithm(self, policy: dict[str, Any], length: int) -> Any:
        """stable-baselines3's own class around the controller, whose policy is told `policy`."""

    def policy_settings(self, length: int) -> dict[str, Any]:
        """What the policy is told."""
        config = self.config
        return {
            "controller": self.controller, "critic_hidden": config.critic_hidden, "initial_std": config.initial_std,
            "learn_std": config.learn_std, "generator": self._streams.critic(), "sequence_length": length,
        }  # fmt: skip

    def drawn(self) -> dict[str, Any]:
        """The seed, and the device, which is the processor: these nets are small."""
        return {"seed": self._streams.integer(), "device": "cpu"}

    def iteration_steps(self) -> int:
        """A rollout of all environments."""
        return self.config.num_envs * self.config.rollout_steps

    @property
    def policy(self) -> ControllerPolicy:
        """Actor and critic."""
        assert isinstance(self.model.policy, ControllerPolicy)
        return self.model.policy

    def _callback(self, on_iteration: Callable[[Progress], None]) -> BaseCallback:
        return _BetweenIterations(self, on_iteration)

    def keep_rollout(self) -> None:
        """Hold on to the rollout's observations: stable-baselines3 empties the buffer before it calls back."""
        self._carried = self.model.rollout_buffer.observations

    def _update_normalisers(self) -> None:
        self.policy.update_normalisers(torch.from_numpy(self._carried.reshape(-1, self.env.carrier.size)))

    def snapshot(self) -> Snapshot:
        """Actor, critic, noise, Adam's moments, bodies, circuit states and generators."""
        parts: dict[str, Any] = {"controller": self.policy.controller, "critic": self.policy.critic}
        tensors = {f"{p}.{k}": v.detach().clone() for p, m in parts.items() for k, v in m.state_dict().items()}
        tensors["log_std"] = self.policy.log_std.detach().clone()
        arrays: dict[str, torch.Tensor | np.ndarray] = {**optimizer_tensors(self.policy.optimizer), **self._bodies()}
        return Snapshot(model=tensors, optimizer=arrays, rng=self._counters())

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back; an environment that cannot be stopped midway begins new episodes."""
        for part in ("controller", "critic"):
            prefix = f"{part}."
            module: torch.nn.Module = getattr(self.policy, part)
            mine = {k.removeprefix(prefix): v for k, v in snapshot.model.items() if k.startswith(prefix)}
            module.load_state_dict(mine)
        with torch.no_grad():
            self.policy.log_std.copy_(snapshot.model["log_std"])
        moments = {k: torch.as_tensor(v) for k, v in snapshot.optimizer.items() if k.partition(".")[0].isdigit()}
        load_optimizer_tensors(self.policy.optimizer, moments)
        self._restore_bodies(snapshot.optimizer)
        self._restore_counters(snapshot.rng)


class _BetweenIterations(BaseCallback):
    """Tells the learner when one update is over and the next rollout has not begun."""

    def __init__(self, learner: OnPolicyLearner, on_iteration: Callable[[Progress], None]) -> None:
        super().__init__()
        self._learner, self._on_iteration, self._first = learner, on_iteration, True

    def _on_rollout_start(self) -> None:
        if not self._first:
            self._learner.finish_iteration(self._on_iteration)
        self._first = False

    def _on_rollout_end(self) -> None:
        self._learner.keep_rollout()

    def _on_step(self) -> bool:
        return True
