"""Proximal policy optimisation: stable-baselines3's own, over any controller."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from innervate.errors import ConfigError

from ..learner import Metrics, Progress, Setting, Snapshot
from ..sb3.fused_ppo import FusedPPO
from ..sb3.learner import SB3Learner
from ..sb3.policy import ControllerPolicy
from ..sb3.sequences import SequenceRolloutBuffer
from ..tensors import load_optimizer_tensors, optimizer_tensors

METRICS: Metrics = {
    "train/approx_kl": ("nats", "divergence of the policy from the one that collected the rollout, last epoch"),
    "train/clip_fraction": ("fraction", "samples whose probability ratio left the clip range"),
    "train/clip_range": ("", "the clip range in force"),
    "train/entropy_loss": ("nats", "minus the policy's mean entropy"),
    "train/explained_variance": ("", "1 - Var(return - value) / Var(return) of the rollout"),
    "train/learning_rate": ("", "Adam's step size"),
    "train/loss": ("", "the last minibatch's total loss"),
    "train/n_updates": ("", "epochs of updates so far"),
    "train/policy_gradient_loss": ("", "mean clipped surrogate loss"),
    "train/std": ("fraction of the actuators' limit", "exploration noise; of choices, what divides the preferences"),
    "train/value_loss": ("", "mean squared error of the critic"),
}


@dataclass(frozen=True, kw_only=True)
class PPOConfig:
    """Proximal policy optimisation (Schulman et al. 2017), by stable-baselines3."""

    num_envs: int = 16
    """Environments stepped together."""
    rollout_steps: int = 256
    """Control steps of each environment between two updates."""
    batch_size: int = 256
    """Control steps in a minibatch."""
    epochs: int = 10
    """Passes over each rollout."""
    learning_rate: float = 3e-4
    """Step size of Adam, for actor and critic."""
    anneal: bool = False
    """Let the step size fall to zero, in a straight line over the budget: what was found late is not lost again."""
    discount: float = 0.99
    """Weight of the next step's value."""
    gae_lambda: float = 0.95
    """Bias-variance trade-off of the advantage (Schulman et al. 2016)."""
    clip_range: float = 0.2
    """Largest change of an action's probability ratio that is still rewarded."""
    entropy: float = 0.0
    """Weight of the entropy bonus."""
    max_gradient_norm: float = 0.5
    """Gradients are scaled down to this norm."""
    target_kl: float | None = None
    """Stops the epochs of an update beyond 1.5 times this divergence."""
    initial_std: float = 0.5
    """Initial standard deviation of the exploration noise, as a fraction of the actuators' limit."""
    learn_std: bool = True
    """Let the noise be learned."""
    critic_hidden: tuple[int, ...] = (64, 64)
    """Units of each hidden layer of the critic."""
    sequence_length: int = 16
    """Control steps through which a controller with learned recurrence is trained; others ignore it."""

    def build(self, setting: Setting) -> "PPOLearner":
        """Build for any controller that has parameters."""
        return PPOLearner(setting, self)

    def tiny(self) -> "tuple[PPOConfig, int]":
        """Two short rollouts."""
        return replace(self, num_envs=2, rollout_steps=64, batch_size=64, epochs=2), 256


class PPOLearner(SB3Learner):
    """Runs stable-baselines3's PPO, fused where the controller is a plain network."""

    def __init__(self, setting: Setting, config: PPOConfig) -> None:
        if not (0 < config.discount <= 1 and config.initial_std > 0):
            raise ConfigError("discount must lie in (0, 1] and initial_std above 0.")
        self.config = config
        super().__init__(setting, config.num_envs)
        learned = self.controller.recurrence == "learned"
        length = config.sequence_length if learned else 1
        if config.rollout_steps % length or config.batch_size % length:
            raise ConfigError(
                f"rollout_steps ({config.rollout_steps}) and batch_size ({config.batch_size}) must be multiples of "
                f"sequence_length ({length})."
            )
        self.model: FusedPPO = FusedPPO(
            ControllerPolicy,
            self.env,
            learning_rate=_falling(config.learning_rate) if config.anneal else config.learning_rate,
            n_steps=config.rollout_steps,
            batch_size=config.batch_size,
            n_epochs=config.epochs,
            gamma=config.discount,
            gae_lambda=config.gae_lambda,
            clip_range=config.clip_range,
            ent_coef=config.entropy,
            max_grad_norm=config.max_gradient_norm,
            target_kl=config.target_kl,
            rollout_buffer_class=SequenceRolloutBuffer if learned else None,
            rollout_buffer_kwargs={"sequence_length": length} if learned else None,
            policy_kwargs={
                "controller": self.controller,
                "critic_hidden": config.critic_hidden,
                "initial_std": config.initial_std,
                "learn_std": config.learn_std,
                "generator": self._streams.critic(),
                "sequence_length": length,
            },
            seed=self._streams.integer(),
            device="cpu",
        )
        self._adopt(self.model)
        self._carried = np.zeros((0, self.env.carrier.size), np.float32)

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


def _falling(first: float) -> Callable[[float], float]:
    """Stable-baselines3's schedule: of the share of the budget that is left."""
    return lambda left: first * max(0.0, left)


class _BetweenIterations(BaseCallback):
    """Tells the learner when one update is over and the next rollout has not begun."""

    def __init__(self, learner: PPOLearner, on_iteration: Callable[[Progress], None]) -> None:
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
