"""Symmetric spike-timing dependent plasticity: both orders strengthen, and a rescaling of the sum is what weakens."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import kept, outer


@dataclass(frozen=True, kw_only=True)
class SymmetricSTDPConfig:
    """At a pre spike weights grow by rate o, at a post spike by rate r (Hao et al. 2020, arXiv 1808.08173).

    There is no depression: call `rescaled` on the weights between two samples, as published.
    """

    rate: float = 0.005
    tau_s: float = 0.02
    """Of both traces."""
    jump: float = 0.1
    """What a spike adds to its trace."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "SymmetricSTDP":
        """Nothing in it is random."""
        del generator
        check_rate(self, "rate", "jump")
        return SymmetricSTDP(pre, post, self, dt_s)


class SymmetricSTDP(Rule):
    """State: `r` (batch, pre) and `o` (batch, post), the traces of spikes before this step."""

    spikes = True

    def __init__(self, pre: int, post: int, config: SymmetricSTDPConfig, dt_s: float) -> None:
        super().__init__(pre, post)
        self.config, self._keep = config, kept(config.tau_s, dt_s)

    def zero(self, batch: int) -> State:
        """No spike so far."""
        return {"r": torch.zeros(batch, self.pre), "o": torch.zeros(batch, self.post)}

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Does not read the weight; who carries it bounds it."""
        del weight
        r, o = self._keep * state["r"], self._keep * state["o"]
        told = self.config.rate * (outer(r, post) + outer(pre, o))
        after = {"r": r + self.config.jump * pre, "o": o + self.config.jump * post}
        return modulator.unsqueeze(1) * told, after


def rescaled(weight: Float[Tensor, "batch pre post"], total: float) -> Float[Tensor, "batch pre post"]:
    """Every neuron's incoming weights scaled to that sum; one without any is left as it is."""
    sums = weight.sum(1, keepdim=True)
    return torch.where(sums > 0, weight * (total / sums.clamp(min=1e-12)), weight)
