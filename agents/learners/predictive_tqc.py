"""TQC with prediction as a learner: the critics' encoder is the controller's, and also predicts."""

from dataclasses import dataclass
from typing import Any

from sb3_contrib import TQC

from innervate.errors import ConfigError

from ..learner import Metrics, Setting
from ..predictive.actor_critic import ActorCriticLearner, CriticOwnsEncoderConfig
from ..predictive.asked import AUXILIARY_METRICS
from ..predictive.latent_policies import LatentTQCPolicy
from .sac import METRICS as SAC_METRICS
from .sac import SACConfig

EXAMPLE = ("roam", "latent")
"""A task and a controller that it can train."""
METRICS: Metrics = {**SAC_METRICS, **AUXILIARY_METRICS}


@dataclass(frozen=True, kw_only=True)
class PredictiveTQCConfig(CriticOwnsEncoderConfig, SACConfig):
    """Truncated quantile critics (Kuznetsov et al. 2020) whose encoder also predicts; for the controller `latent`."""

    quantiles: int = 25
    """Quantiles of each of the two critics."""
    dropped: int = 2
    """Highest quantiles of each critic that the target leaves out, against overestimation."""

    def build(self, setting: Setting) -> "PredictiveTQCLearner":
        """Build for the controller `latent`."""
        return PredictiveTQCLearner(setting, self)


class PredictiveTQCLearner(ActorCriticLearner):
    """Runs TQC of sb3-contrib with prediction on it."""

    def algorithm(self, config: PredictiveTQCConfig, seed: int) -> Any:
        """TQC with an auxiliary objective on the controller's encoder."""
        if not 0 <= config.dropped < config.quantiles:
            raise ConfigError(f"Of {config.quantiles} quantiles some must stay; dropped={config.dropped}.")
        return self.predicting(
            TQC, LatentTQCPolicy, config, seed,
            policy_kwargs={"initial_std": config.initial_std, "n_quantiles": config.quantiles},
            ent_coef=config.temperature(), top_quantiles_to_drop_per_net=config.dropped,
        )  # fmt: skip
