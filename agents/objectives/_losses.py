"""Losses and norms that objectives and networks share."""

import torch
from jaxtyping import Float
from torch import Tensor


def avg_l1_norm(x: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch latent"]:
    """Each row over the mean of its absolute values (TD7, arXiv 2306.02451)."""
    return x / x.abs().mean(1, keepdim=True).clamp(min=1e-8)


STEEPNESS = 5.0
"""Of the negatives, exp(-5 distance)."""


def prediction_loss(
    predicted: Float[Tensor, "batch latent"],
    following: Float[Tensor, "batch latent"],
    predicted_there: Float[Tensor, "batch latent"],
    horizon: float,
) -> Float[Tensor, ""]:
    """Mean squared error of T(z0, a0) against z1 + horizon * T(z1, a1), the last without gradient."""
    return (predicted - following - horizon * predicted_there.detach()).square().mean()


def repulsion(one: Float[Tensor, "batch latent"], other: Float[Tensor, "batch latent"]) -> Float[Tensor, ""]:
    """Mean of exp(-5 distance): 1 where all pairs coincide, 0 where all are far apart."""
    return torch.exp(-STEEPNESS * torch.linalg.vector_norm(one - other, dim=1)).mean()
