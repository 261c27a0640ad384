"""The three networks of Fang and Stachenfeld, "Predictive auxiliary objectives in deep RL mimic learning in the brain".

ICLR 2024, arXiv 2310.06089. An encoder (the paper's visual cortex) makes a latent of an image, a transition model
(hippocampus) predicts the latent that follows an action, and a value head (striatum) reads the action values.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from innervate.errors import ConfigError

__all__ = ["LARGE_VALUE", "T_MAZE", "PaperNets", "PaperNetsConfig"]


@dataclass(frozen=True, kw_only=True)
class PaperNetsConfig:
    """Sizes of the three networks."""

    latent: int = 5
    """Units of the latent, the paper's |z|."""
    channels: tuple[int, ...] = (16, 32)
    """Of the encoder's 2 x 2 convolutions, each followed by ReLU; a 2 x 2 max-pool closes them."""
    encoder: tuple[int, ...] = (32,)
    """Hidden layers between the pooled features and the latent, which has no activation of its own."""
    value: tuple[int, ...] = (16,)
    """Hidden layers of the value head."""
    transition: tuple[int, ...] = (16,)
    """Hidden layers of the transition model."""
    rectified: bool = True
    """ReLU on the latent where the value head and the transition model read it, as in the paper. A latent whose units
    are all negative then has no gradient from either; without it that cannot happen."""

    def __post_init__(self) -> None:
        sizes = (self.latent, *self.channels, *self.encoder, *self.value, *self.transition)
        if min(sizes) < 1:
            raise ConfigError(f"Every layer needs at least one unit, got latent {self.latent} and layers {sizes[1:]}.")
        if not self.channels:
            raise ConfigError("The encoder needs at least one convolution; channels is empty.")

    def build(self, side: int, actions: int, generator: torch.Generator) -> "PaperNets":
        """The networks for square images of `side` pixels, with PyTorch's default distribution of weights."""
        return PaperNets(self, side, actions, generator)


LARGE_VALUE = PaperNetsConfig(value=(32, 16))
"""Its larger value head."""
T_MAZE = PaperNetsConfig(latent=96, channels=(32,), encoder=(64,), value=(64, 32, 16), transition=(64, 32, 16))
"""Its networks for the alternating T-maze."""


class PaperNets(nn.Module):
    """`encoder`, `value` and `transition`, together so that one optimiser and one target copy hold them all."""

    def __init__(self, config: PaperNetsConfig, side: int, actions: int, generator: torch.Generator) -> None:
        super().__init__()
        pooled = (side - len(config.channels)) // 2
        if pooled < 1:
            raise ConfigError(f"{side} x {side} pixels are too few for {len(config.channels)} convolutions.")
        self.config, self.actions = config, actions
        into, layers = 1, list[nn.Module]()
        for channels in config.channels:
            layers += [nn.Conv2d(into, channels, 2), nn.ReLU()]
            into = channels
        features = _stack((into * pooled * pooled, *config.encoder, config.latent))
        self.encoder = nn.Sequential(*layers, nn.MaxPool2d(2), nn.Flatten(), features)
        self.value = _stack((config.latent, *config.value, actions))
        self.transition = _stack((config.latent + actions, *config.transition, config.latent))
        self.reset(generator)

    @torch.no_grad()
    def reset(self, generator: torch.Generator) -> None:
        """Draw all weights and biases from U(-b, b) with b = 1 / sqrt(inputs), in the order of the layers."""
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                bound = 1 / math.sqrt(module.weight[0].numel())
                module.weight.uniform_(-bound, bound, generator=generator)
                assert module.bias is not None
                module.bias.uniform_(-bound, bound, generator=generator)

    def encode(self, image: Float[Tensor, "batch side side"]) -> Float[Tensor, "batch latent"]:
        """Images to latents."""
        return self.encoder(image.unsqueeze(1))

    def values(self, latent: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch action"]:
        """Latents to action values."""
        return self.value(self._read(latent))

    def predict(
        self, latent: Float[Tensor, "batch latent"], action: Int[Tensor, "batch"]
    ) -> Float[Tensor, "batch latent"]:
        """The latent after `action`: what the model adds to the one before."""
        which = nn.functional.one_hot(action, self.actions).to(latent)
        return latent + self.transition(torch.cat([self._read(latent), which], 1))

    def _read(self, latent: Tensor) -> Tensor:
        return latent.relu() if self.config.rectified else latent


def _stack(sizes: tuple[int, ...]) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers = list[nn.Module]()
    for into, out in pairwise(sizes):
        layers += [nn.Linear(into, out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
