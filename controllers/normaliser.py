"""Running mean and variance of the observations, a part of the model that is saved with it."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["CLIP", "Normaliser"]

CLIP = 10.0
"""Normalised observations are clipped to this many standard deviations, as in stable-baselines3's VecNormalize."""


class Normaliser(nn.Module):
    """Whitens each observation by statistics that only a learner updates (Chan et al. 1979, parallel variance)."""

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))

    def forward(self, x: Float[Tensor, "*batch size"]) -> Float[Tensor, "*batch size"]:
        """Zero mean and unit variance over all that `update` has seen; the identity before that."""
        return ((x - self.mean) * self.scale()).clamp(-CLIP, CLIP)

    def scale(self) -> Float[Tensor, "size"]:
        """By which deviations from the mean are multiplied."""
        return torch.rsqrt(self.variance + 1e-8)

    @torch.no_grad()
    def update(self, x: Float[Tensor, "n size"]) -> None:
        """Take a batch of observations into the statistics."""
        n, seen = float(x.shape[0]), float(self.count)
        x64 = x.double()
        mean, variance = x64.mean(0), x64.var(0, unbiased=False)
        delta, total = mean - self.mean.double(), seen + n
        spread = self.variance.double() * seen + variance * n + delta.square() * (seen * n / total)
        self.mean.add_((delta * (n / total)).float())
        self.variance.copy_((spread / total).float())
        self.count.add_(n)
