"""SAC with prediction as a learner: trains a controller whose encoder its critic owns, resumable bit for bit."""

# stable-baselines3 keeps what a resumed run needs in attributes with a leading underscore.
# pyright: reportPrivateUsage=false

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from stable_baselines3 import SAC
from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, FlattenExtractor
from stable_baselines3.sac.policies import Actor
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers.circuits.latent import Latent
from ..learner import Metrics, Setting, Snapshot
from ..predictive.algorithms import with_prediction
from ..predictive.asked import AUXILIARY_METRICS
from ..sb3.off_policy import CarriedController, ControllerSACPolicy
from ..sb3.off_policy_learner import json_state, set_json_state
from .sac import METRICS as SAC_METRICS
from .sac import SACConfig, SACLearner

EXAMPLE = ("roam", "latent")
"""A task and a controller that it can train."""
METRICS: Metrics = {
    **SAC_METRICS,
    **AUXILIARY_METRICS,
}


@dataclass(frozen=True, kw_only=True)
class PredictiveSACConfig(SACConfig):
    """Soft actor-critic whose critic's encoder also predicts what comes next; for the controller `latent`."""

    objective: str = "self-predictive"
    """The auxiliary objective, by name (`innervate list objectives`)."""
    aux_coef: float = 1.0
    """Weight of the auxiliary loss against the critic's; 0 for the same bottleneck without prediction."""
    critic_hidden: tuple[int, ...] = (64, 64)
    """Units of each hidden layer of the critics, after the encoder."""

    def build(self, setting: Setting) -> "PredictiveSACLearner":
        """Build for the controller `latent`."""
        return PredictiveSACLearner(setting, self)


class SharedEncoder(BaseFeaturesExtractor):
    """The controller's encoder as the critic's: the same parameters, which the critic's optimiser trains."""

    def __init__(self, observation_space: Any, controller: Latent) -> None:
        super().__init__(observation_space, controller.config.latent)
        self.normaliser, self.layers = controller.normaliser, controller.encoder

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch latent"]:
        """The latent of what the body senses."""
        return self.layers(self.normaliser(carried[:, : self.normaliser.mean.numel()]))


class LatentMean(CarriedController):
    """What tanh turns into the controller's actions; the encoder is read without gradient."""

    controller: Latent

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch action"]:
        """The head on the latent of what the body senses."""
        with torch.no_grad():
            latent = self.controller.encode(carried[:, : self.controller.spec.observation_size])
        return self.controller.head(latent)


class LatentSACPolicy(ControllerSACPolicy):
    """SAC whose actor is a `Latent` controller, the encoder in it trained by the critic alone."""

    actor: Actor

    def _controller(self) -> Latent:
        return self.actor.mu.controller  # pyright: ignore[reportReturnType, reportAttributeAccessIssue]

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        lent = {id(p) for p in self._controller().encoder.parameters()}
        own = [p for p in self.actor.parameters() if id(p) not in lent]
        self.actor.optimizer = self.optimizer_class(own, lr=lr_schedule(1), **self.optimizer_kwargs)  # pyright: ignore[reportCallIssue]

    def make_actor(self, features_extractor: BaseFeaturesExtractor | None = None) -> Actor:
        """An actor around a copy of the controller."""
        actor = super().make_actor(features_extractor)
        actor.mu = LatentMean(actor.mu.controller, before_tanh=True)  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]
        return actor

    def make_critic(self, features_extractor: BaseFeaturesExtractor | None = None) -> ContinuousCritic:
        """Critics on the controller's encoder; the target's is a copy."""
        del features_extractor
        shared = SharedEncoder(self.observation_space, self._controller())
        encoder = copy.deepcopy(shared) if hasattr(self, "critic") else shared
        return super(ControllerSACPolicy, self).make_critic(encoder)


class PredictiveSACLearner(SACLearner):
    """Runs SAC of stable-baselines3 with prediction on it."""

    config: PredictiveSACConfig

    def algorithm(self, config: Any, seed: int) -> Any:
        """SAC with an auxiliary objective on the controller's encoder."""
        if not isinstance(self.controller, Latent):
            kind = type(self.controller).__name__
            raise ConfigError(f"predictive_sac trains a controller with an encoder, not {kind}; --controller latent.")
        kwargs = {
            "controller": self.controller, "initial_std": config.initial_std,
            "net_arch": {"pi": [], "qf": list(config.critic_hidden)}, "features_extractor_class": FlattenExtractor,
        }  # fmt: skip
        return with_prediction(SAC)(
            LatentSACPolicy, self.env, policy_kwargs=kwargs, objective=config.objective, aux_coef=config.aux_coef,
            ent_coef=config.temperature(), **self.common_settings(config, seed),
        )  # fmt: skip

    def snapshot(self) -> Snapshot:
        """As for SAC, and what the objective draws from."""
        snapshot = super().snapshot()
        auxiliary = {"generator": json_state(self.model._aux_rng), "steps": self.model._aux_steps}
        return replace(snapshot, rng={**snapshot.rng, "auxiliary": auxiliary})

    def restore(self, snapshot: Snapshot) -> None:
        """As for SAC, and what the objective draws from."""
        super().restore(snapshot)
        auxiliary: Mapping[str, Any] = snapshot.rng["auxiliary"]
        set_json_state(self.model._aux_rng, auxiliary["generator"])
        self.model._aux_steps = int(auxiliary["steps"])
