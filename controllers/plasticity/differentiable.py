"""Differentiable plasticity: Hebb's rule whose rate is trained by gradients, under a modulator of the circuit's own."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import outer


@dataclass(frozen=True, kw_only=True)
class DifferentiableConfig:
    """Change = modulator eta (pre post - decay weight), eta trained.

    With decay 1 the rule of Miconi, Clune and Stanley 2018 (arXiv 1804.02464); with decay 0 and a modulator that of
    Miconi et al. 2019 (Backpropamine, arXiv 2002.10585), whose clipping is that of whatever carries the fast weights.
    """

    rate: float = 0.01
    """eta at first."""
    decay: float = 1.0
    """How far the weight is pulled back to nothing by each change."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "Differentiable":
        """Nothing in it is random, and no time is."""
        del generator, dt_s
        check_rate(self, "rate", "decay")
        return Differentiable(pre, post, self)


class Differentiable(Rule):
    """Parameter: `eta`, one number."""

    def __init__(self, pre: int, post: int, config: DifferentiableConfig) -> None:
        super().__init__(pre, post)
        self.config = config
        self.eta = nn.Parameter(torch.tensor([config.rate]))

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Remembers nothing."""
        return self.eta * modulator.unsqueeze(1) * (outer(pre, post) - self.config.decay * weight), state
