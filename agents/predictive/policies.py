"""Actor-critic policies whose encoder belongs to the critic: the actor reads the latent and never changes it."""

from typing import Any

import torch
from sb3_contrib.crossq.policies import CrossQPolicy
from sb3_contrib.tqc.policies import TQCPolicy
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.sac.policies import SACPolicy
from stable_baselines3.td3.policies import TD3Policy
from torch import Tensor

from innervate.errors import ConfigError


class Borrowed(BaseFeaturesExtractor):
    """Another network's encoder, read without gradient; it registers no parameters of its own."""

    def __init__(self, observation_space: Any, encoder: BaseFeaturesExtractor) -> None:
        super().__init__(observation_space, encoder.features_dim)
        self._lender = [encoder]  # in a list, so that torch does not count it as part of the borrower

    @torch.no_grad()
    def forward(self, observation: Tensor) -> Tensor:
        """The lender's features."""
        return self._lender[0](observation)


class CriticOwnsEncoder(BasePolicy):
    """Mixed into the policies of stable-baselines3 that have `make_actor` and `make_critic`.

    An actor is made before its critic, and a target actor before the target critic: each encoder made for an actor
    waits for the critic that will own it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("share_features_extractor"):
            raise ConfigError(
                "The critic owns the encoder here, and the actor reads it; share_features_extractor=True would have "
                "the actor's loss train it. Leave it out."
            )
        self._waiting: list[BaseFeaturesExtractor] = []
        super().__init__(*args, **kwargs)

    def make_actor(self, features_extractor: BaseFeaturesExtractor | None = None) -> Any:
        """An actor that borrows the next critic's encoder."""
        del features_extractor
        encoder = self.make_features_extractor()
        self._waiting.append(encoder)
        parent: Any = super()
        return parent.make_actor(Borrowed(self.observation_space, encoder))

    def make_critic(self, features_extractor: BaseFeaturesExtractor | None = None) -> Any:
        """A critic with an encoder of its own."""
        del features_extractor
        parent: Any = super()
        return parent.make_critic(self._waiting.pop(0) if self._waiting else self.make_features_extractor())


class EncodedSACPolicy(CriticOwnsEncoder, SACPolicy):
    """For SAC."""


class EncodedTD3Policy(CriticOwnsEncoder, TD3Policy):
    """For TD3 and DDPG."""


class EncodedTQCPolicy(CriticOwnsEncoder, TQCPolicy):
    """For TQC."""


class EncodedCrossQPolicy(CriticOwnsEncoder, CrossQPolicy):
    """For CrossQ, which has no target networks."""
