"""Redundancy reduction: units of the latent that vary, and vary apart from one another."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ._objective import Encode, Experience, Objective, check

EPSILON = 1e-4
"""Under the root of the variance, as in VICReg."""


@dataclass(frozen=True, kw_only=True)
class DecorrelationConfig:
    """VICReg's variance and covariance terms (Bardes et al., ICLR 2022, arXiv 2105.04906).

    Without centring they are moments about zero: taking the mean out would remove the constant mode of the dynamics,
    which prediction learns (R2R2, arXiv 2605.14026). Predicts nothing: to be combined with another objective.
    """

    variance: float = 1.0
    """Weight of max(0, 1 - deviation), mean over units."""
    covariance: float = 0.04
    """Weight of the squared covariances between different units, their sum over the number of units."""
    centred: bool = False
    """Subtract the mean over the batch first."""

    def __post_init__(self) -> None:
        check(weights={"variance": self.variance, "covariance": self.covariance})

    def build(self, latent: int, actions: int) -> "Decorrelation":
        """The objective; it has no parameters."""
        del latent, actions
        return Decorrelation(self)


class Decorrelation(Objective):
    """Terms `variance` and `covariance`."""

    def __init__(self, config: DecorrelationConfig) -> None:
        super().__init__()
        self.config = config

    def loss(self, encode: Encode, slow: Encode, seen: Experience) -> dict[str, Float[Tensor, ""]]:
        """Over the batch."""
        del slow
        z = encode(seen.observations[0])
        count = len(z)
        if self.config.centred:
            z, count = z - z.mean(0), max(count - 1, 1)
        moments = z.T @ z / count
        deviation = (moments.diagonal() + EPSILON).sqrt()
        apart = moments - torch.diag(moments.diagonal())
        return {
            "variance": self.config.variance * (1 - deviation).relu().mean(),
            "covariance": self.config.covariance * apart.square().sum() / z.shape[1],
        }
