"""Gated recurrent units (Cho et al. 2014)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..spec import State
from ..timescales import keep_logit, spread


class Gated(Core):
    """Gated recurrent units (Cho et al. 2014): Glorot's weights from the input, orthogonal ones within.

    With `slowest_s` the update gates begin with biases by which each unit keeps exp(-dt / tau) of itself.
    """

    spreads = True
    spreads_unasked = True

    def __init__(
        self, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
    ) -> None:
        super().__init__(inputs, units, generator, dt_s)
        self.into, self.within = nn.Linear(inputs, 3 * units), nn.Linear(units, 3 * units)
        for part in (self.into, self.within):
            for gate in part.weight.chunk(3):
                initialise = nn.init.xavier_uniform_ if part is self.into else nn.init.orthogonal_
                initialise(gate, generator=generator)
            nn.init.zeros_(part.bias)
        if slowest_s is not None:
            with torch.no_grad():
                self.into.bias[units : 2 * units] = keep_logit(spread(units, dt_s, slowest_s), dt_s)

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """Activity in (-1, 1)."""
        last = state["activity"]
        reset_in, update_in, new_in = self.into(x).chunk(3, dim=-1)
        reset_h, update_h, new_h = self.within(last).chunk(3, dim=-1)
        new = torch.tanh(new_in + torch.sigmoid(reset_in + reset_h) * new_h)
        y = torch.lerp(new, last, torch.sigmoid(update_in + update_h))
        return y, {"activity": y}
