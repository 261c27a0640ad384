"""The encoder: from an observation to a latent whose size is chosen, not the network's."""

from typing import Any

import torch
from gymnasium import spaces
from jaxtyping import Float
from stable_baselines3.common.preprocessing import get_flattened_obs_dim
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, create_mlp
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..objectives._losses import avg_l1_norm

NORMS = ("layer", "avg-l1", "none")


class LatentEncoder(BaseFeaturesExtractor):
    """An MLP from the flattened observation to `latent` units, a features extractor of stable-baselines3.

    Args:
        observation_space: Box or Discrete.
        latent: units of the latent.
        hidden: units of each hidden layer.
        norm: what the latent ends in: LayerNorm, TD7's AvgL1Norm, or nothing.
        decoupled: the value reads the latent without training it, as in TD7; only the objectives do.
        with_observation: the value reads the observation beside the latent, as in TD7: no bottleneck then.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        latent: int = 16,
        hidden: tuple[int, ...] = (64,),
        norm: str = "layer",
        decoupled: bool = False,
        with_observation: bool = False,
    ) -> None:
        if latent < 1 or any(units < 1 for units in hidden):
            raise ConfigError(f"An encoder needs at least one unit a layer, got latent {latent}, hidden {hidden}.")
        if norm not in NORMS:
            raise ConfigError(f"The latent's norm is 'layer', 'avg-l1' or 'none', not {norm!r}.")
        inputs = get_flattened_obs_dim(observation_space)
        super().__init__(observation_space, latent + (inputs if with_observation else 0))
        self.latent, self.norm, self.decoupled, self.with_observation = latent, norm, decoupled, with_observation
        self.flatten = nn.Flatten()
        self.layers = nn.Sequential(*create_mlp(inputs, latent, list(hidden)))
        if norm == "layer":
            self.layers.append(nn.LayerNorm(latent))

    def encode(self, observation: Tensor) -> Float[Tensor, "batch latent"]:
        """The latent."""
        z = self.layers(self.flatten(observation))
        return avg_l1_norm(z) if self.norm == "avg-l1" else z

    def forward(self, observation: Tensor) -> Float[Tensor, "batch features"]:
        """What the value reads."""
        z = self.encode(observation)
        if self.decoupled:
            z = z.detach()
        return torch.cat([z, self.flatten(observation)], 1) if self.with_observation else z
