"""Proximal policy optimisation: stable-baselines3's own, over any controller."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from innervate.errors import ConfigError

from ..learner import Learner, Metrics, Setting
from ..sb3.fused_ppo import FusedPPO
from ..sb3.on_policy_learner import OnPolicyLearner
from ..sb3.policy import ControllerPolicy
from ..sb3.sequences import SequenceRolloutBuffer

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

    def build(self, setting: Setting) -> Learner:
        """Build for any controller that has parameters."""
        return PPOLearner(setting, self)

    def tiny(self) -> "tuple[PPOConfig, int]":
        """Two short rollouts."""
        return replace(self, num_envs=2, rollout_steps=64, batch_size=64, epochs=2), 256


class PPOLearner(OnPolicyLearner):
    """Runs stable-baselines3's PPO, fused where the controller is a plain network."""

    config: PPOConfig

    def unrolled(self) -> int:
        """Control steps through which the controller is trained; 1 where it learns no recurrence."""
        config = self.config
        length = config.sequence_length if self.controller.recurrence == "learned" else 1
        if config.rollout_steps % length or config.batch_size % length:
            raise ConfigError(
                f"rollout_steps ({config.rollout_steps}) and batch_size ({config.batch_size}) must be multiples of "
                f"sequence_length ({length})."
            )
        return length

    def algorithm(self, policy: dict[str, Any], length: int) -> Any:
        """PPO around the controller, which is trained through `length` control steps."""
        learned = self.controller.recurrence == "learned"
        return FusedPPO(
            ControllerPolicy, self.env, policy_kwargs=policy, **ppo_settings(self.config), **self.drawn(),
            rollout_buffer_class=SequenceRolloutBuffer if learned else None,
            rollout_buffer_kwargs={"sequence_length": length} if learned else None,
        )  # fmt: skip


def ppo_settings(config: PPOConfig) -> dict[str, Any]:
    """What PPO of stable-baselines3 is told."""
    return {
        "learning_rate": _falling(config.learning_rate) if config.anneal else config.learning_rate,
        "n_steps": config.rollout_steps, "batch_size": config.batch_size, "n_epochs": config.epochs,
        "gamma": config.discount, "gae_lambda": config.gae_lambda, "clip_range": config.clip_range,
        "ent_coef": config.entropy, "max_grad_norm": config.max_gradient_norm, "target_kl": config.target_kl,
    }  # fmt: skip


def _falling(first: float) -> Callable[[float], float]:
    """Stable-baselines3's schedule: of the share of the budget that is left."""
    return lambda left: first * max(0.0, left)
