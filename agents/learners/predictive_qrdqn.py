"""QR-DQN with prediction as a learner: quantiles around the values of the controller, whose encoder also predicts."""

from dataclasses import dataclass
from typing import Any

from sb3_contrib import QRDQN

from innervate.errors import ConfigError

from ..learner import Metrics, Setting
from ..predictive.asked import AUXILIARY_METRICS
from ..predictive.latent_policies import LatentQRDQNPolicy
from ..predictive.values import PredictiveValueConfig, PredictiveValueLearner

EXAMPLE = ("innervate/Forage-v0", "latent")
"""A task and a controller that it can train."""
METRICS: Metrics = {
    "train/loss": ("", "quantile Huber loss, mean over the last updates"),
    "train/learning_rate": ("", "Adam's step size"),
    "train/n_updates": ("", "gradient steps so far"),
    **AUXILIARY_METRICS,
}


@dataclass(frozen=True, kw_only=True)
class PredictiveQRDQNConfig(PredictiveValueConfig):
    """Quantile regression DQN (Dabney et al. 2018), its encoder predicting; for `latent` and bodies with one choice."""

    quantiles: int = 50
    """Quantiles of the return of each alternative."""

    def build(self, setting: Setting) -> "PredictiveQRDQNLearner":
        """Build for the controller `latent`."""
        return PredictiveQRDQNLearner(setting, self)


class PredictiveQRDQNLearner(PredictiveValueLearner):
    """Runs QR-DQN of sb3-contrib with prediction on it."""

    def algorithm(self, seed: int) -> Any:
        """QR-DQN with an auxiliary objective on the controller's encoder."""
        if self.config.quantiles < 2:
            raise ConfigError(f"A distribution needs at least two quantiles; quantiles={self.config.quantiles}.")
        return self.predicting(QRDQN, LatentQRDQNPolicy, seed, n_quantiles=self.config.quantiles)
