"""DDPG with prediction as a learner: the critic's encoder is the controller's, and also predicts."""

from dataclasses import dataclass
from typing import Any

from stable_baselines3 import DDPG

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
class PredictiveDDPGConfig(CriticOwnsEncoderConfig, TD3Config):
    """Deep deterministic policy gradient (Lillicrap et al. 2016), its critic's encoder predicting; for `latent`."""

    def build(self, setting: Setting) -> "PredictiveDDPGLearner":
        """Build for the controller `latent`."""
        return PredictiveDDPGLearner(setting, self)


class PredictiveDDPGLearner(ActorCriticLearner):
    """Runs DDPG of stable-baselines3 with prediction on it."""

    def algorithm(self, config: PredictiveDDPGConfig, seed: int) -> Any:
        """DDPG with an auxiliary objective on the controller's encoder."""
        noise = exploration(config.noise, self.controller.spec)
        return self.predicting(DDPG, LatentTD3Policy, config, seed, action_noise=noise)
