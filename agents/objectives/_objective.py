"""What an auxiliary objective is: a loss on latents of consecutive observations, as named terms."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Shaped
from stable_baselines3.common.torch_layers import create_mlp
from torch import Tensor, nn

from innervate.errors import ConfigError

Encode = Callable[[Tensor], Tensor]
"""Observations (batch, ...) to latents (batch, latent)."""


@dataclass(frozen=True)
class Experience:
    """Consecutive transitions of one episode each, a batch of them; time first."""

    observations: Shaped[Tensor, "instant batch *shape"]
    """One more than there are steps."""
    actions: Float[Tensor, "step batch action"]
    """One-hot where the action space is discrete."""
    valid: Float[Tensor, "step batch"]
    """1 while the episode lasts, 0 after its end; the first step is always valid."""


class Objective(nn.Module, ABC):
    """An auxiliary loss with whatever networks it needs beside the encoder."""

    steps: int = 1
    """Consecutive transitions that it reads."""

    @abstractmethod
    def loss(self, encode: Encode, slow: Encode, seen: Experience) -> dict[str, Float[Tensor, ""]]:
        """Terms by name, weighted; their sum is minimised.

        `encode` is the encoder that learns, `slow` one that follows it slowly and takes no gradient.
        """

    def follow(self, tau: float) -> None:
        """After an update: move slow copies of its own parts by `tau`, where it has any."""


@runtime_checkable
class ObjectiveConfig(Protocol):
    """A frozen dataclass that builds one kind of objective."""

    def build(self, latent: int, actions: int) -> Objective:
        """The objective for latents of `latent` units and `actions` numbers an action, drawn from torch's generator."""
        ...


class Transition(nn.Module):
    """The latent after an action: an MLP on both, added to the latent before where `residual`."""

    def __init__(self, latent: int, actions: int, hidden: tuple[int, ...], *, residual: bool, rectified: bool) -> None:
        super().__init__()
        self.residual, self.rectified = residual, rectified
        self.layers = mlp(latent + actions, hidden, latent)

    def forward(
        self, latent: Float[Tensor, "batch latent"], action: Float[Tensor, "batch action"]
    ) -> Float[Tensor, "batch latent"]:
        """One step ahead."""
        read = latent.relu() if self.rectified else latent
        change = self.layers(torch.cat([read, action], 1))
        return latent + change if self.residual else change


def mlp(inputs: int, hidden: tuple[int, ...], outputs: int) -> nn.Sequential:
    """Linear layers with ReLU between them, in PyTorch's default initialisation."""
    return nn.Sequential(*create_mlp(inputs, outputs, list(hidden)))


def check(*, weights: dict[str, float], hidden: tuple[int, ...] = (), steps: int = 1) -> None:
    """Refuse what no objective can work with."""
    for name, value in weights.items():
        if not 0 <= value < float("inf"):
            raise ConfigError(f"The weight of a loss is a finite number of 0 or more, got {name} = {value}.")
    if any(units < 1 for units in hidden):
        raise ConfigError(f"Every hidden layer needs at least one unit, got {hidden}.")
    if steps < 1:
        raise ConfigError(f"A prediction looks at least one step ahead, got steps = {steps}.")
