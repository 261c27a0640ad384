"""DQN with prediction as a learner: the controller's head gives the values, its encoder also predicts."""

from dataclasses import dataclass
from typing import Any

from stable_baselines3 import DQN

from ..learner import Metrics, Setting
from ..predictive.asked import AUXILIARY_METRICS
from ..predictive.latent_policies import LatentDQNPolicy
from ..predictive.values import PredictiveValueConfig, PredictiveValueLearner

EXAMPLE = ("innervate/Forage-v0", "latent")
"""A task and a controller that it can train."""
METRICS: Metrics = {
    "train/loss": ("", "Huber loss of the action values, mean over the last updates"),
    "train/learning_rate": ("", "Adam's step size"),
    "train/n_updates": ("", "gradient steps so far"),
    **AUXILIARY_METRICS,
}


@dataclass(frozen=True, kw_only=True)
class PredictiveDQNConfig(PredictiveValueConfig):
    """Deep Q-learning (Mnih et al. 2015) whose encoder also predicts; for `latent` and bodies that make one choice."""

    def build(self, setting: Setting) -> "PredictiveDQNLearner":
        """Build for the controller `latent`."""
        return PredictiveDQNLearner(setting, self)


class PredictiveDQNLearner(PredictiveValueLearner):
    """Runs DQN of stable-baselines3 with prediction on it."""

    def algorithm(self, seed: int) -> Any:
        """DQN with an auxiliary objective on the controller's encoder."""
        return self.predicting(DQN, LatentDQNPolicy, seed)
