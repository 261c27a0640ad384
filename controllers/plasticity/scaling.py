"""Synaptic scaling: all weights onto a neuron grow or shrink together until it is as active as it should be."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import kept


@dataclass(frozen=True, kw_only=True)
class ScalingConfig:
    """Change = rate (target - mean size of post) weight (Turrigiano et al. 1998; van Rossum et al. 2000)."""

    rate: float = 0.01
    target: float = 0.5
    """Mean size of the activity that a neuron keeps to."""
    mean_s: float = 1.0
    """Over how long the mean is taken."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "Scaling":
        """Nothing in it is random."""
        del generator
        check_rate(self, "rate", "target")
        return Scaling(pre, post, self, dt_s)


class Scaling(Rule):
    """State: `mean` (batch, post), which begins at the target. The proportions of the weights stay."""

    whole = True

    def __init__(self, pre: int, post: int, config: ScalingConfig, dt_s: float) -> None:
        super().__init__(pre, post)
        self.config, self._keep = config, kept(config.mean_s, dt_s)

    def zero(self, batch: int) -> State:
        """As it should be."""
        return {"mean": torch.full((batch, self.post), self.config.target)}

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Does not read the input."""
        del pre
        mean = torch.lerp(post.abs(), state["mean"], self._keep)
        told = self.config.rate * modulator * (self.config.target - mean)
        return told.unsqueeze(1) * weight, {"mean": mean}
