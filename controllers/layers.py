"""Layers that several circuits are made of."""

import torch
from torch import nn

__all__ = ["linear"]


def linear(inputs: int, outputs: int, gain: float, generator: torch.Generator) -> nn.Linear:
    """A layer with orthogonal weights of that gain and no bias to begin with (stable-baselines3's initialisation)."""
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, gain, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer
