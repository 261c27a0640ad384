"""Policies of stable-baselines3 around the controller `latent`, whose encoder the value owns and prediction trains."""

# stable-baselines3 names the modules that are exchanged here by types of its own.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false

import copy
from typing import Any

import torch
from jaxtyping import Float
from sb3_contrib.crossq.policies import CrossQPolicy
from sb3_contrib.qrdqn.policies import QRDQNPolicy
from sb3_contrib.tqc.policies import TQCPolicy
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.dqn.policies import DQNPolicy
from stable_baselines3.sac.policies import SACPolicy
from stable_baselines3.td3.policies import TD3Policy
from torch import Tensor, nn

from ...controllers.circuits.latent import Latent
from ...controllers.normaliser import Normaliser
from ..sb3.off_policy import CarriedController, FreeLogStd
from ..sb3.policy import ControllerPolicy, value_layers


class SharedEncoder(BaseFeaturesExtractor):
    """The controller's encoder as the critic's: the same parameters, which the critic's optimiser trains."""

    def __init__(self, observation_space: Any, controller: Latent) -> None:
        super().__init__(observation_space, controller.config.latent)
        self.normaliser, self.layers = controller.normaliser, controller.encoder

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch latent"]:
        """The latent of what the body senses."""
        return self.layers(self.normaliser(carried[:, : self.normaliser.mean.numel()]))


class LatentMean(CarriedController):
    """The controller's actions, or what tanh turns into them; the encoder is read without gradient."""

    controller: Latent

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch action"]:
        """The head on the latent of what the body senses."""
        with torch.no_grad():
            latent = self.controller.encode(carried[:, : self.controller.spec.observation_size])
        mean = self.controller.head(latent)
        return mean if self._before_tanh else torch.tanh(mean)


class LatentActorCritic(BasePolicy):
    """Mixed into policies with `make_actor` and `make_critic`: the critic trains the encoder, the actor its head."""

    actor: Any

    def __init__(self, *args: Any, controller: Latent, initial_std: float = 0.5, **kwargs: Any) -> None:
        self._given, self._initial_std = [controller], initial_std
        super().__init__(*args, **kwargs)

    def _build(self, lr_schedule: Any) -> None:
        parent: Any = super()
        parent._build(lr_schedule)
        lent = {id(p) for p in self.actor.mu.controller.encoder.parameters()}
        own = [p for p in self.actor.parameters() if id(p) not in lent]
        self.actor.optimizer = self.optimizer_class(own, lr=lr_schedule(1), **self.optimizer_kwargs)

    def make_actor(self, features_extractor: BaseFeaturesExtractor | None = None) -> Any:
        """An actor around a copy of the controller, with a learned spread where the algorithm draws actions."""
        parent: Any = super()
        actor = parent.make_actor(features_extractor)
        controller, draws = copy.deepcopy(self._given[0]), hasattr(actor, "log_std")
        actor.mu = LatentMean(controller, before_tanh=draws)
        if draws:
            actor.latent_pi = nn.Identity()
            actor.log_std = FreeLogStd(controller.spec.action_size, self._initial_std)
        return actor

    def make_critic(self, features_extractor: BaseFeaturesExtractor | None = None) -> Any:
        """Critics on the controller's encoder; the target's is a copy."""
        del features_extractor
        shared = SharedEncoder(self.observation_space, self.actor.mu.controller)
        parent: Any = super()
        return parent.make_critic(copy.deepcopy(shared) if hasattr(self, "critic") else shared)


class LatentSACPolicy(LatentActorCritic, SACPolicy):
    """For SAC."""


class LatentTD3Policy(LatentActorCritic, TD3Policy):
    """For TD3 and DDPG."""


class LatentTQCPolicy(LatentActorCritic, TQCPolicy):
    """For TQC."""


class LatentCrossQPolicy(LatentActorCritic, CrossQPolicy):
    """For CrossQ, which has no targets; its normalisation of batches is the critics' alone."""


class LatentValue(nn.Module):
    """Value of a carried observation: tanh layers on the controller's latent."""

    def __init__(self, encoder: SharedEncoder, hidden: tuple[int, ...], generator: torch.Generator) -> None:
        super().__init__()
        self.encoder, self.layers = encoder, value_layers(encoder.features_dim, hidden, generator)

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch 1"]:
        """Expected discounted return."""
        return self.layers(self.encoder(carried))


class LatentControllerPolicy(ControllerPolicy):
    """For PPO and A2C: the controller's own encoder serves actor and value, and both train it."""

    def __init__(self, *args: Any, optimizer_class: Any = torch.optim.Adam, **kwargs: Any) -> None:
        self._asked = optimizer_class, dict(kwargs.get("optimizer_kwargs") or {})
        super().__init__(*args, **kwargs)

    def _build(self, lr_schedule: Any) -> None:
        self.optimizer_class, self.optimizer_kwargs = self._asked
        super()._build(lr_schedule)

    def make_critic(self, controller: Any, hidden: tuple[int, ...], generator: torch.Generator) -> nn.Module:
        """A value on the controller's latent."""
        self.features_extractor = SharedEncoder(self.observation_space, controller)
        return LatentValue(self.features_extractor, hidden, generator)

    def seen(self, carried: Tensor) -> Tensor:
        """All of it: the encoder takes what it reads."""
        return carried

    def update_normalisers(self, carried: Float[Tensor, "batch size"]) -> None:
        """Every copy keeps the same statistics."""
        for module in self.modules():
            if isinstance(module, Normaliser):
                module.update(carried[:, : module.mean.numel()])


class ValueNetwork(BasePolicy):
    """The controller as a Q-network: its preferences are the values of the alternatives."""

    def __init__(self, observation_space: Any, action_space: Any, controller: Latent) -> None:
        super().__init__(observation_space, action_space)
        self.controller, self.features_extractor = controller, SharedEncoder(observation_space, controller)

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch alternative"]:
        """Values."""
        return self.controller.head(self.features_extractor(carried))

    def _predict(self, observation: Any, deterministic: bool = True) -> Tensor:
        return self(observation).argmax(dim=1)


class QuantileNetwork(ValueNetwork):
    """Quantiles of what each alternative returns: the controller's value, and what lies around it on a line of latent.

    The mean over the quantiles is the controller's value, so that the greedy alternative is the controller's own.
    """

    def __init__(self, observation_space: Any, action_space: Any, controller: Latent, quantiles: int) -> None:
        super().__init__(observation_space, action_space, controller)
        self.n_quantiles = quantiles
        self.around = nn.Linear(controller.config.latent, quantiles * int(action_space.n))

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch quantile alternative"]:
        """Quantiles."""
        latent = self.features_extractor(carried)
        around = self.around(latent).unflatten(1, (self.n_quantiles, -1))
        return self.controller.head(latent)[:, None] + around - around.mean(dim=1, keepdim=True)

    def _predict(self, observation: Any, deterministic: bool = True) -> Tensor:
        return self(observation).mean(dim=1).argmax(dim=1)


class LatentDQNPolicy(DQNPolicy):
    """For DQN: two copies of the controller, the one that learns and its target."""

    def __init__(self, *args: Any, controller: Latent, **kwargs: Any) -> None:
        self._given = [controller]
        super().__init__(*args, **kwargs)

    def make_q_net(self) -> Any:
        """One of the two."""
        return ValueNetwork(self.observation_space, self.action_space, copy.deepcopy(self._given[0]))


class LatentQRDQNPolicy(QRDQNPolicy):
    """For QR-DQN: two copies of the controller, the one that learns and its target."""

    def __init__(self, *args: Any, controller: Latent, **kwargs: Any) -> None:
        self._given = [controller]
        super().__init__(*args, **kwargs)

    def make_quantile_net(self) -> Any:
        """One of the two."""
        return QuantileNetwork(
            self.observation_space, self.action_space, copy.deepcopy(self._given[0]), self.n_quantiles
        )
