"""The minimalist self-predictive objective of Ni et al. (ICLR 2024): the next latent of a slow encoder."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ._objective import Encode, Experience, Objective, Transition, check


@dataclass(frozen=True, kw_only=True)
class SelfPredictiveConfig:
    """Squared distance of P(z, a) from the slow encoder's next latent. arXiv 2401.08898."""

    prediction: float = 1.0
    """Weight of the prediction."""
    hidden: tuple[int, ...] = (64,)
    """Units of each hidden layer of the predictor."""

    def __post_init__(self) -> None:
        check(weights={"prediction": self.prediction}, hidden=self.hidden)

    def build(self, latent: int, actions: int) -> "SelfPredictive":
        """The objective."""
        return SelfPredictive(self, latent, actions)


class SelfPredictive(Objective):
    """Term `prediction`: mean over the batch of |P(z, a) - z'|^2, z' by the slow encoder."""

    def __init__(self, config: SelfPredictiveConfig, latent: int, actions: int) -> None:
        super().__init__()
        self.config = config
        self.transition = Transition(latent, actions, config.hidden, residual=False, rectified=False)

    def loss(self, encode: Encode, slow: Encode, seen: Experience) -> dict[str, Float[Tensor, ""]]:
        """One step ahead."""
        with torch.no_grad():
            target = slow(seen.observations[1])
        error = self.transition(encode(seen.observations[0]), seen.actions[0]) - target
        return {"prediction": self.config.prediction * error.square().sum(1).mean()}
