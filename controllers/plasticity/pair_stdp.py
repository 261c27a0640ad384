"""Spike-timing dependent plasticity of pairs: first pre, then post strengthens; the other way round weakens."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import kept, outer


@dataclass(frozen=True, kw_only=True)
class PairSTDPConfig:
    """All pairs of spikes count (Song, Miller and Abbott 2000, whose time constants these are).

    A post spike t after a pre spike adds potentiation exp(-t / tau_plus_s); a pre spike t after a post spike takes
    depression exp(-t / tau_minus_s). Spikes in the same step are no pair.
    """

    potentiation: float = 0.01
    depression: float = 0.0105
    tau_plus_s: float = 0.02
    tau_minus_s: float = 0.02

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "PairSTDP":
        """Nothing in it is random."""
        del generator
        check_rate(self, "potentiation", "depression")
        return PairSTDP(pre, post, self, dt_s)


class PairSTDP(Rule):
    """State: `r` (batch, pre) and `o` (batch, post), the traces of spikes before this step, each of which adds 1."""

    spikes = True

    def __init__(self, pre: int, post: int, config: PairSTDPConfig, dt_s: float) -> None:
        super().__init__(pre, post)
        self.config = config
        self._keep = kept(config.tau_plus_s, dt_s), kept(config.tau_minus_s, dt_s)

    def zero(self, batch: int) -> State:
        """No spike so far."""
        return {"r": torch.zeros(batch, self.pre), "o": torch.zeros(batch, self.post)}

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Does not read the weight; who carries it bounds it."""
        del weight
        r, o = (keep * state[name] for keep, name in zip(self._keep, ("r", "o"), strict=True))
        told = self.config.potentiation * outer(r, post) - self.config.depression * outer(pre, o)
        return modulator.unsqueeze(1) * told, {"r": r + pre, "o": o + post}
