"""Spike-timing dependent plasticity of triplets: a second, slower trace of either side scales what a pair does."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import kept, outer


@dataclass(frozen=True, kw_only=True)
class TripletSTDPConfig:
    """All triplets count; the defaults are the minimal model fitted to visual cortex (Pfister and Gerstner 2006).

    At a post spike weights grow by r (pair_plus + triplet_plus o_slow), at a pre spike they fall by
    o (pair_minus + triplet_minus r_slow); slow traces are as they were just before the spike. The place ensembles
    (Diehl and Cook 2015) have a kernel of their own, with traces that saturate at 1.
    """

    pair_plus: float = 0.0
    triplet_plus: float = 6.5e-3
    pair_minus: float = 7.1e-3
    triplet_minus: float = 0.0
    tau_plus_s: float = 0.0168
    tau_minus_s: float = 0.0337
    tau_pre_s: float = 0.101
    tau_post_s: float = 0.114

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "TripletSTDP":
        """Nothing in it is random."""
        del generator
        check_rate(self, "pair_plus", "triplet_plus", "pair_minus", "triplet_minus")
        return TripletSTDP(pre, post, self, dt_s)


class TripletSTDP(Rule):
    """State: `r`, `r_slow` (batch, pre), `o`, `o_slow` (batch, post): traces of the spikes before this step."""

    spikes = True

    def __init__(self, pre: int, post: int, config: TripletSTDPConfig, dt_s: float) -> None:
        super().__init__(pre, post)
        self.config = config
        taus = config.tau_plus_s, config.tau_pre_s, config.tau_minus_s, config.tau_post_s
        self._keep = tuple(kept(tau_s, dt_s) for tau_s in taus)

    def zero(self, batch: int) -> State:
        """No spike so far."""
        return {
            name: torch.zeros(batch, self.pre if name[0] == "r" else self.post)
            for name in ("r", "r_slow", "o", "o_slow")
        }

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Does not read the weight; who carries it bounds it."""
        del weight
        names = ("r", "r_slow", "o", "o_slow")
        r, r_slow, o, o_slow = (keep * state[name] for keep, name in zip(self._keep, names, strict=True))
        c = self.config
        told = outer(r, post * (c.pair_plus + c.triplet_plus * o_slow))
        told = told - outer(pre * (c.pair_minus + c.triplet_minus * r_slow), o)
        after = {"r": r + pre, "r_slow": r_slow + pre, "o": o + post, "o_slow": o_slow + post}
        return modulator.unsqueeze(1) * told, after
