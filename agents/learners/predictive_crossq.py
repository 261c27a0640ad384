"""CrossQ with prediction as a learner: the critics' encoder is the controller's, and also predicts."""

from dataclasses import dataclass
from typing import Any

from sb3_contrib import CrossQ

from ..learner import Metrics, Setting
from ..predictive.actor_critic import ActorCriticLearner, CriticOwnsEncoderConfig
from ..predictive.asked import AUXILIARY_METRICS
from ..predictive.latent_policies import LatentCrossQPolicy
from .sac import METRICS as SAC_METRICS
from .sac import SACConfig

EXAMPLE = ("roam", "latent")
"""A task and a controller that it can train."""
METRICS: Metrics = {**SAC_METRICS, **AUXILIARY_METRICS}


@dataclass(frozen=True, kw_only=True)
class PredictiveCrossQConfig(CriticOwnsEncoderConfig, SACConfig):
    """CrossQ (Bhatt et al. 2024), no targets but normalised critics, their encoder predicting; for `latent`."""

    critic_hidden: tuple[int, ...] = (256, 256)
    """Units of each hidden layer of the critics, after the encoder; wider than elsewhere, as the authors advise."""
    tau: float = 0.005
    """How fast the encoder that prediction aims at follows; the critics have no targets."""

    def build(self, setting: Setting) -> "PredictiveCrossQLearner":
        """Build for the controller `latent`."""
        return PredictiveCrossQLearner(setting, self)


class PredictiveCrossQLearner(ActorCriticLearner):
    """Runs CrossQ of sb3-contrib with prediction on it."""

    @staticmethod
    def common_settings(config: Any, seed: int) -> dict[str, Any]:
        """Without what targets would need."""
        return {k: v for k, v in ActorCriticLearner.common_settings(config, seed).items() if k != "tau"}

    def algorithm(self, config: PredictiveCrossQConfig, seed: int) -> Any:
        """CrossQ with an auxiliary objective on the controller's encoder."""
        return self.predicting(
            CrossQ, LatentCrossQPolicy, config, seed,
            policy_kwargs={"initial_std": config.initial_std}, ent_coef=config.temperature(), slow_tau=config.tau,
        )  # fmt: skip
