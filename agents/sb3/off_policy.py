"""Controllers as the actors of stable-baselines3's TD3 and SAC: only the actor's modules are exchanged."""

import copy
from typing import Any

import torch
from jaxtyping import Float
from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.sac.policies import Actor as SACActor
from stable_baselines3.sac.policies import SACPolicy
from stable_baselines3.td3.policies import Actor as TD3Actor
from stable_baselines3.td3.policies import TD3Policy
from torch import Tensor, nn

from ...controllers import Controller
from ...controllers.normaliser import Normaliser
from .carry import Carrier

EDGE = 0.999
"""SAC squashes by tanh; an action of exactly 1 would need an infinite mean before it."""


class CarriedController(nn.Module):
    """A controller that reads carried observations."""

    def __init__(self, controller: Controller, *, before_tanh: bool) -> None:
        super().__init__()
        self.controller, self._carrier, self._before_tanh = controller, Carrier.of(controller), before_tanh

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch action"]:
        """The controller's actions, or what tanh turns into them."""
        obs, state, _ = self._carrier.split(carried)
        action = self.controller(obs, state)[0]
        return torch.atanh(action.clamp(-EDGE, EDGE)) if self._before_tanh else action


class FreeLogStd(nn.Module):
    """A learned spread for each actuator, the same in every state."""

    def __init__(self, actions: int, initial: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.full((actions,), initial).log())

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch action"]:
        """The logarithm of the spread."""
        return self.value.expand(carried.shape[0], -1)


class WhitenedExtractor(BaseFeaturesExtractor):
    """What a critic sees: the observation and the controller's state, whitened; not the start flag."""

    def __init__(self, observation_space: Any) -> None:
        super().__init__(observation_space, features_dim=observation_space.shape[0] - 1)
        self.normaliser = Normaliser(observation_space.shape[0] - 1)

    def forward(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch sensed"]:
        """Whitened."""
        return self.normaliser(carried[:, :-1])


class ControllerTD3Policy(TD3Policy):
    """TD3 whose deterministic actor is a controller."""

    def __init__(self, *args: Any, controller: Controller, **kwargs: Any) -> None:
        self._given = [controller]
        super().__init__(*args, **kwargs)

    def make_actor(self, features_extractor: BaseFeaturesExtractor | None = None) -> TD3Actor:
        """An actor of stable-baselines3 around a copy of the controller."""
        actor = super().make_actor(features_extractor)
        actor.mu = CarriedController(copy.deepcopy(self._given[0]), before_tanh=False)  # pyright: ignore[reportAttributeAccessIssue]
        return actor

    def make_critic(self, features_extractor: BaseFeaturesExtractor | None = None) -> ContinuousCritic:
        """Critics that see whitened observations."""
        del features_extractor
        return super().make_critic(WhitenedExtractor(self.observation_space))


class ControllerSACPolicy(SACPolicy):
    """SAC whose mean action is a controller's, with a learned spread."""

    def __init__(self, *args: Any, controller: Controller, initial_std: float, **kwargs: Any) -> None:
        self._given, self._initial_std = [controller], initial_std
        super().__init__(*args, **kwargs)

    def make_actor(self, features_extractor: BaseFeaturesExtractor | None = None) -> SACActor:
        """An actor of stable-baselines3 around a copy of the controller."""
        actor = super().make_actor(features_extractor)
        controller = copy.deepcopy(self._given[0])
        actor.latent_pi = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
        actor.mu = CarriedController(controller, before_tanh=True)  # pyright: ignore[reportAttributeAccessIssue]
        actor.log_std = FreeLogStd(controller.spec.action_size, self._initial_std)  # pyright: ignore[reportAttributeAccessIssue]
        return actor

    def make_critic(self, features_extractor: BaseFeaturesExtractor | None = None) -> ContinuousCritic:
        """Critics that see whitened observations."""
        del features_extractor
        return super().make_critic(WhitenedExtractor(self.observation_space))
