"""The objective of Fang and Stachenfeld (ICLR 2024): prediction with a horizon, held open by negatives."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ._losses import prediction_loss, repulsion
from ._objective import Encode, Experience, Objective, Transition, check


@dataclass(frozen=True, kw_only=True)
class HorizonConfig:
    """T(z0, a0) against z1 + horizon * T(z1, a1); exp(-5 distance) keeps latents apart. arXiv 2310.06089."""

    horizon: float = 0.0
    """Discount of the prediction, in [0, 1): 0 predicts the next latent, more a discounted sum of those to come."""
    prediction: float = 1e-2
    """Weight of the prediction."""
    negatives: float = 1e-1
    """Weight of the negatives: latents of shuffled pairs and of neighbours in time."""
    hidden: tuple[int, ...] = (16,)
    """Units of each hidden layer of the transition model."""
    rectified: bool = False
    """The paper reads the latent through ReLU; units that fall silent then learn nothing from it."""

    def __post_init__(self) -> None:
        if not 0 <= self.horizon < 1:
            raise ConfigError(f"The horizon is a discount: it must lie in [0, 1), got {self.horizon}.")
        check(weights={"prediction": self.prediction, "negatives": self.negatives}, hidden=self.hidden)

    def build(self, latent: int, actions: int) -> "Horizon":
        """The objective."""
        return Horizon(self, latent, actions)


class Horizon(Objective):
    """Terms `prediction` and `negatives`; no slow encoder and no stop-gradient hold the next latent."""

    steps = 2

    def __init__(self, config: HorizonConfig, latent: int, actions: int) -> None:
        super().__init__()
        self.config = config
        self.transition = Transition(latent, actions, config.hidden, residual=True, rectified=config.rectified)

    def loss(self, encode: Encode, slow: Encode, seen: Experience) -> dict[str, Float[Tensor, ""]]:
        """Where the episode ends with the first step, nothing is expected to come after z1."""
        del slow
        z0, z1 = encode(seen.observations[0]), encode(seen.observations[1])
        there = torch.zeros_like(z1)
        if self.config.horizon > 0:
            with torch.no_grad():
                there = self.transition(z1, seen.actions[1]) * seen.valid[1, :, None]
        predicted = self.transition(z0, seen.actions[0])
        return {
            "prediction": self.config.prediction * prediction_loss(predicted, z1, there, self.config.horizon),
            "negatives": self.config.negatives * (repulsion(z1, z1.roll(1, 0)) + repulsion(z0, z1)),
        }
