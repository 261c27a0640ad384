"""A2C with prediction as a learner: the controller's encoder serves actor and value, and also predicts."""

from dataclasses import dataclass, replace
from typing import Any

from stable_baselines3 import A2C

from ..learner import Metrics, Setting
from ..predictive.asked import AUXILIARY_METRICS
from ..predictive.learning import PredictiveConfig
from ..predictive.on_policy import PredictiveOnPolicyLearner
from .ppo import METRICS as PPO_METRICS

EXAMPLE = ("roam", "latent")
"""A task and a controller that it can train."""
METRICS: Metrics = {
    **{name: PPO_METRICS[name] for name in (
        "train/entropy_loss", "train/explained_variance", "train/learning_rate", "train/std", "train/value_loss",
    )},
    "train/n_updates": ("", "updates so far, one a rollout"),
    "train/policy_loss": ("", "minus the mean of advantage times log probability"),
    **AUXILIARY_METRICS,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PredictiveA2CConfig(PredictiveConfig):
    """Advantage actor-critic (Mnih et al. 2016), its shared encoder predicting; for the controller `latent`."""

    num_envs: int = 16
    """Environments stepped together."""
    rollout_steps: int = 16
    """Control steps of each environment in an update."""
    learning_rate: float = 7e-4
    """Step size of RMSprop."""
    discount: float = 0.99
    """Weight of the next step's value."""
    gae_lambda: float = 1.0
    """Bias-variance trade-off of the advantage (Schulman et al. 2016); 1 for the original's returns."""
    entropy: float = 0.0
    """Weight of the entropy bonus."""
    max_gradient_norm: float = 0.5
    """Gradients are scaled down to this norm."""
    initial_std: float = 0.5
    """Initial standard deviation of the exploration noise, as a fraction of the actuators' limit."""
    learn_std: bool = True
    """Let the noise be learned."""
    critic_hidden: tuple[int, ...] = (64, 64)
    """Units of each hidden layer of the value, after the encoder."""

    def build(self, setting: Setting) -> "PredictiveA2CLearner":
        """Build for the controller `latent`."""
        return PredictiveA2CLearner(setting, self)

    def tiny(self) -> "tuple[PredictiveA2CConfig, int]":
        """Eight short rollouts."""
        return replace(self, num_envs=2), 256


class PredictiveA2CLearner(PredictiveOnPolicyLearner):
    """Runs A2C of stable-baselines3 with prediction on it."""

    def algorithm(self, policy: dict[str, Any], length: int) -> Any:
        """A2C with an auxiliary objective on the controller's encoder."""
        config = self.config
        settings = {
            "learning_rate": config.learning_rate, "n_steps": config.rollout_steps, "gamma": config.discount,
            "gae_lambda": config.gae_lambda, "ent_coef": config.entropy, "max_grad_norm": config.max_gradient_norm,
        }  # fmt: skip
        return self.predicting(A2C, policy, settings)
