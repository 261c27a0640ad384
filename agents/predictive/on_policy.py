"""On-policy learners that also predict: the controller's encoder serves actor and value."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from stable_baselines3.common.torch_layers import FlattenExtractor

from ..learner import Snapshot
from ..sb3.on_policy_learner import OnPolicyLearner
from .algorithms import with_prediction
from .latent_policies import LatentControllerPolicy
from .learning import PredictiveLearner, checked


class PredictiveOnPolicyLearner(PredictiveLearner, OnPolicyLearner):
    """Runs an on-policy algorithm of stable-baselines3 with prediction on it."""

    def unrolled(self) -> int:
        """One control step: `latent` learns no recurrence."""
        return 1

    def predicting(self, algorithm: Any, policy: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
        """The algorithm around the controller."""
        checked(self.controller, f"predictive_{algorithm.__name__.lower()}")
        kwargs = {**policy, "features_extractor_class": FlattenExtractor}
        told = {**settings, **self.drawn(), **self.config.auxiliary()}
        return with_prediction(algorithm)(LatentControllerPolicy, self.env, policy_kwargs=kwargs, **told)

    def snapshot(self) -> Snapshot:
        """As for the algorithm, and what predicts."""
        snapshot = super().snapshot()
        more = {f"policy.{k}": v.detach().clone() for k, v in self.policy.state_dict().items()}
        return replace(snapshot, model={**snapshot.model, **more})

    def restore(self, snapshot: Snapshot) -> None:
        """As for the algorithm, and what predicts."""
        prefix = "policy."
        stored = {k.removeprefix(prefix): v for k, v in snapshot.model.items() if k.startswith(prefix)}
        with torch.no_grad():
            self.policy.load_state_dict(stored)
        super().restore(snapshot)
