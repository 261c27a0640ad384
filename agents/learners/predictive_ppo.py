"""PPO with prediction as a learner: the controller's encoder serves actor and value, and also predicts."""

from dataclasses import dataclass
from typing import Any

from stable_baselines3 import PPO

from ..learner import Metrics, Setting
from ..predictive.asked import AUXILIARY_METRICS
from ..predictive.learning import PredictiveConfig
from ..predictive.on_policy import PredictiveOnPolicyLearner
from .ppo import METRICS as PPO_METRICS
from .ppo import PPOConfig, ppo_settings

EXAMPLE = ("roam", "latent")
"""A task and a controller that it can train."""
METRICS: Metrics = {**PPO_METRICS, **AUXILIARY_METRICS}


@dataclass(frozen=True, kw_only=True)
class PredictivePPOConfig(PredictiveConfig, PPOConfig):
    """Proximal policy optimisation whose shared encoder also predicts what comes next; for the controller `latent`."""

    def build(self, setting: Setting) -> "PredictivePPOLearner":
        """Build for the controller `latent`."""
        return PredictivePPOLearner(setting, self)


class PredictivePPOLearner(PredictiveOnPolicyLearner):
    """Runs PPO of stable-baselines3 with prediction on it."""

    def algorithm(self, policy: dict[str, Any], length: int) -> Any:
        """PPO with an auxiliary objective on the controller's encoder."""
        return self.predicting(PPO, policy, ppo_settings(self.config))
