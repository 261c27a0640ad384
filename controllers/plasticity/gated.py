"""The three-factor rule of rates: where input met a departure from the usual, a modulator makes it last."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import kept, outer


@dataclass(frozen=True, kw_only=True)
class GatedConfig:
    """Change = rate modulator trace; trace <- keep trace + (1 - keep) pre (post - usual post).

    Fremaux and Gerstner 2016 review such rules. With noise on the post activity, and a reward as the modulator, the
    mean change goes along the gradient of the reward (Fiete and Seung 2006).
    """

    rate: float = 0.1
    trace_s: float = 0.5
    """How long a coincidence waits for the modulator."""
    usual_s: float = 1.0
    """Over how long the usual activity is the mean."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "Gated":
        """Nothing in it is random."""
        del generator
        check_rate(self, "rate")
        return Gated(pre, post, self, dt_s)


class Gated(Rule):
    """State: `trace` (batch, pre, post) and `usual` (batch, post)."""

    def __init__(self, pre: int, post: int, config: GatedConfig, dt_s: float) -> None:
        super().__init__(pre, post)
        self.config = config
        self._keep, self._keep_usual = kept(config.trace_s, dt_s), kept(config.usual_s, dt_s)

    def zero(self, batch: int) -> State:
        """Silence is usual."""
        return {"trace": torch.zeros(batch, self.pre, self.post), "usual": torch.zeros(batch, self.post)}

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Does not read the weight; who carries it bounds it."""
        del weight
        trace = self._keep * state["trace"] + (1 - self._keep) * outer(pre, post - state["usual"])
        usual = torch.lerp(post, state["usual"], self._keep_usual)
        return self.config.rate * modulator.unsqueeze(1) * trace, {"trace": trace, "usual": usual}
