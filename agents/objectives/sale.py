"""SALE, the state-action embedding of TD7 (Fujimoto et al., NeurIPS 2023)."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ._losses import avg_l1_norm
from ._objective import Encode, Experience, Objective, Transition, check


@dataclass(frozen=True, kw_only=True)
class SALEConfig:
    """Mean squared error of g(z, a) against the next z, all z of average absolute value 1. arXiv 2306.02451.

    In TD7 the value never trains the encoder: set `decoupled` in the encoder's options to have that too.
    """

    prediction: float = 1.0
    """Weight of the prediction."""
    hidden: tuple[int, ...] = (64,)
    """Units of each hidden layer of g."""

    def __post_init__(self) -> None:
        check(weights={"prediction": self.prediction}, hidden=self.hidden)

    def build(self, latent: int, actions: int) -> "SALE":
        """The objective."""
        return SALE(self, latent, actions)


class SALE(Objective):
    """Term `prediction`; the target is the encoder itself, without gradient."""

    def __init__(self, config: SALEConfig, latent: int, actions: int) -> None:
        super().__init__()
        self.config = config
        self.transition = Transition(latent, actions, config.hidden, residual=False, rectified=False)

    def loss(self, encode: Encode, slow: Encode, seen: Experience) -> dict[str, Float[Tensor, ""]]:
        """One step ahead."""
        del slow
        z0 = avg_l1_norm(encode(seen.observations[0]))
        with torch.no_grad():
            z1 = avg_l1_norm(encode(seen.observations[1]))
        error = self.transition(z0, seen.actions[0]) - z1
        return {"prediction": self.config.prediction * error.square().mean()}
