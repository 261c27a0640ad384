"""SAC with prediction as a learner: trains a controller whose encoder its critic owns, resumable bit for bit."""

from dataclasses import dataclass
from typing import Any

from stable_baselines3 import SAC

from ..learner import Metrics, Setting
from ..predictive.actor_critic import ActorCriticLearner, CriticOwnsEncoderConfig
from ..predictive.asked import AUXILIARY_METRICS
from ..predictive.latent_policies import LatentSACPolicy
from .sac import METRICS as SAC_METRICS
from .sac import SACConfig

EXAMPLE = ("roam", "latent")
"""A task and a controller that it can train."""
METRICS: Metrics = {**SAC_METRICS, **AUXILIARY_METRICS}


@dataclass(frozen=True, kw_only=True)
class PredictiveSACConfig(CriticOwnsEncoderConfig, SACConfig):
    """Soft actor-critic whose critic's encoder also predicts what comes next; for the controller `latent`."""

    def build(self, setting: Setting) -> "PredictiveSACLearner":
        """Build for the controller `latent`."""
        return PredictiveSACLearner(setting, self)


class PredictiveSACLearner(ActorCriticLearner):
    """Runs SAC of stable-baselines3 with prediction on it."""

    def algorithm(self, config: PredictiveSACConfig, seed: int) -> Any:
        """SAC with an auxiliary objective on the controller's encoder."""
        return self.predicting(
            SAC, LatentSACPolicy, config, seed,
            policy_kwargs={"initial_std": config.initial_std}, ent_coef=config.temperature(),
        )  # fmt: skip
