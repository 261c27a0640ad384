"""Off-policy actors and critics that also predict, for any algorithm of stable-baselines3 with both."""

from dataclasses import dataclass
from typing import Any

from stable_baselines3.common.torch_layers import FlattenExtractor

from ..sb3.off_policy_learner import OffPolicyLearner
from .algorithms import with_prediction
from .learning import PredictiveConfig, PredictiveLearner, checked


@dataclass(frozen=True, kw_only=True)
class CriticOwnsEncoderConfig(PredictiveConfig):
    """The critics' encoder also predicts what comes next; for the controller `latent`."""

    critic_hidden: tuple[int, ...] = (64, 64)
    """Units of each hidden layer of the critics, after the encoder."""


class ActorCriticLearner(PredictiveLearner, OffPolicyLearner):
    """Runs an algorithm of stable-baselines3 with prediction on it."""

    def predicting(self, algorithm: Any, policy: Any, config: Any, seed: int, **more: Any) -> Any:
        """The algorithm around the controller; `more` is its own, `policy_kwargs` of the policy."""
        name = f"predictive_{algorithm.__name__.lower()}"
        kwargs = {
            "controller": checked(self.controller, name), "features_extractor_class": FlattenExtractor,
            "net_arch": {"pi": [], "qf": list(config.critic_hidden)}, **more.pop("policy_kwargs", {}),
        }  # fmt: skip
        settings = {**self.common_settings(config, seed), **config.auxiliary(), **more}
        return with_prediction(algorithm)(policy, self.env, policy_kwargs=kwargs, **settings)
