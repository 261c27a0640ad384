"""TD3 with prediction as a learner: the critics' encoder is the controller's, and also predicts."""

from dataclasses import dataclass
from typing import Any

from stable_baselines3 import TD3

from ..learner import Metrics, Setting
from ..predictive.actor_critic import ActorCriticLearner, CriticOwnsEncoderConfig
from ..predictive.asked import AUXILIARY_METRICS
from ..predictive.latent_policies import LatentTD3Policy
from .td3 import METRICS as TD3_METRICS
from .td3 import TD3Config, exploration

EXAMPLE = ("roam", "latent")
"""A task and a controller that it can train."""
METRICS: Metrics = {**TD3_METRICS, **AUXILIARY_METRICS}


@dataclass(frozen=True, kw_only=True)
class PredictiveTD3Config(CriticOwnsEncoderConfig, TD3Config):
    """Twin delayed deterministic policy gradient whose critics' encoder also predicts; for the controller `latent`."""

    def build(self, setting: Setting) -> "PredictiveTD3Learner":
        """Build for the controller `latent`."""
        return PredictiveTD3Learner(setting, self)


class PredictiveTD3Learner(ActorCriticLearner):
    """Runs TD3 of stable-baselines3 with prediction on it."""

    def algorithm(self, config: PredictiveTD3Config, seed: int) -> Any:
        """TD3 with an auxiliary objective on the controller's encoder."""
        noise = exploration(config.noise, self.controller.spec)
        return self.predicting(TD3, LatentTD3Policy, config, seed, action_noise=noise)
