"""Reward-gated plasticity of spikes: what pairs of spikes would do waits in a trace until a reward comes."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import kept
from .pair_stdp import PairSTDP, PairSTDPConfig


@dataclass(frozen=True, kw_only=True)
class RewardSTDPConfig:
    """Change = rate modulator trace; trace <- exp(-dt / tau_s) trace + pairs (Izhikevich 2007; Florian 2007)."""

    rate: float = 1.0
    tau_s: float = 1.0
    """How long a trace waits; that of Izhikevich's distal reward."""
    pairs: PairSTDPConfig = field(default_factory=PairSTDPConfig)

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "RewardSTDP":
        """Nothing in it is random."""
        check_rate(self, "rate")
        return RewardSTDP(pre, post, self, self.pairs.build(pre, post, generator, dt_s), dt_s)


class RewardSTDP(Rule):
    """State: `trace` (batch, pre, post), and that of the pairs."""

    spikes = True

    def __init__(self, pre: int, post: int, config: RewardSTDPConfig, pairs: PairSTDP, dt_s: float) -> None:
        super().__init__(pre, post)
        self.config, self.pairs, self._keep = config, pairs, kept(config.tau_s, dt_s)

    def zero(self, batch: int) -> State:
        """Nothing waits."""
        return {**self.pairs.zero(batch), "trace": torch.zeros(batch, self.pre, self.post)}

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """A negative modulator undoes what a positive one does."""
        told, after = self.pairs.change(pre, post, weight, torch.ones_like(modulator), state)
        trace = self._keep * state["trace"] + told
        return self.config.rate * modulator.unsqueeze(1) * trace, {**after, "trace": trace}
