"""Graded-potential neurons as in C. elegans: rates that leak, each with a time constant of its own that learns."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..layers import linear
from ..spec import State
from ..timescales import keep_logit, spread


class Leaky(Core):
    """Graded-potential neurons: rates that leak, each with a time constant of its own that learns."""

    TIME_CONSTANT_STEPS = 4.0
    spreads = True

    def __init__(
        self, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
    ) -> None:
        super().__init__(inputs, units, generator, dt_s)
        self.synapse = linear(inputs + units, units, 1.0, generator)
        if slowest_s is None:
            keep = torch.full((units,), 1 - 1 / self.TIME_CONSTANT_STEPS).logit()
        else:
            keep = keep_logit(spread(units, dt_s, slowest_s), dt_s)
        self.keep = nn.Parameter(keep)

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """Activity in (-1, 1)."""
        last = state["activity"]
        y = torch.lerp(torch.tanh(self.synapse(torch.cat([x, last], dim=-1))), last, torch.sigmoid(self.keep))
        return y, {"activity": y}
