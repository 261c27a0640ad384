"""A net with a bottleneck: an encoder to a latent of a chosen size, and a head that acts on it."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..controller import Controller, flat_observation
from ..layers import linear
from ..normaliser import Normaliser
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State


@dataclass(frozen=True, kw_only=True)
class LatentConfig:
    """An encoder, which predictive learners train by prediction, and a head on its latent."""

    latent: int = 16
    """Units of the latent."""
    encoder: tuple[int, ...] = (64,)
    """Units of each hidden layer before the latent."""
    hidden: tuple[int, ...] = (64, 64)
    """Units of each hidden layer of the head."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Latent":
        """Build for any body."""
        return Latent(spec, self, generator)


class Latent(Controller):
    """Normalised observations through ReLU layers to a latent that LayerNorm closes, and on to a tanh output.

    Where the body chooses, the head ends without tanh.
    """

    def __init__(self, spec: ControllerSpec, config: LatentConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        if min(config.latent, *config.encoder, *config.hidden) < 1:
            raise ConfigError(f"Every layer needs at least one unit, got {config}.")
        self.config = config
        self.normaliser = Normaliser(spec.observation_size)
        self.encoder = _relu_layers((spec.observation_size, *config.encoder, config.latent), generator)
        self.encoder.append(nn.LayerNorm(config.latent))
        self.head = _relu_layers((config.latent, *config.hidden), generator)
        self.head.extend([nn.ReLU(), linear((config.latent, *config.hidden)[-1], spec.action_size, 0.01, generator)])

    def encode(self, flat: Float[Tensor, "batch size"]) -> Float[Tensor, "batch latent"]:
        """The latent of a flat observation."""
        return self.encoder(self.normaliser(flat))

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Actions in (-1, 1); where the body chooses, preferences without a bound, since they may be values."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Part: `latent`."""
        latent = touch.part("latent", self.encode(flat_observation(self.spec, obs)))
        action = self.head(latent)
        return action if self.spec.choices else torch.tanh(action), state


def _relu_layers(sizes: tuple[int, ...], generator: torch.Generator) -> nn.Sequential:
    """Orthogonal linear layers with ReLU between them, none after the last."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [linear(inputs, outputs, 2**0.5, generator), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
