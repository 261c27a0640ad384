"""Echo state network: a fixed random net of leaky units, of which only a readout learns (Jaeger 2001)."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..core import Core
from ..spec import State
from ..timescales import keep, spread


class Reservoir(Core):
    """An echo state network (Jaeger 2001; leaky units Jaeger et al. 2007); all of its weights are buffers.

    h = k h + (1 - k) tanh(W h + V [1, x]), W normal with spectral radius 0.95, V uniform in (-0.5, 0.5). Units do not
    leak (k = 0) without `slowest_s`; with it k = exp(-dt / tau), tau log-spaced. Radius and scale are usual ones, tuned
    to no task.
    """

    spreads = True
    RADIUS, INPUT = 0.95, 0.5
    into: Tensor
    within: Tensor
    kept: Tensor

    def __init__(
        self, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
    ) -> None:
        super().__init__(inputs, units, generator, dt_s)
        within = torch.randn(units, units, generator=generator)
        self.register_buffer("within", self.RADIUS / torch.linalg.eigvals(within).abs().max() * within)
        self.register_buffer("into", self.INPUT * (2 * torch.rand(units, 1 + inputs, generator=generator) - 1))
        kept = torch.zeros(units) if slowest_s is None else keep(spread(units, dt_s, slowest_s), dt_s)
        self.register_buffer("kept", kept)

    @classmethod
    def trainable(cls, inputs: int, units: int, dt_s: float) -> int:
        """None: what learns is the readout."""
        del inputs, units, dt_s
        return 0

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """Activity in (-1, 1)."""
        last = state["activity"]
        drive = torch.nn.functional.linear(x, self.into[:, 1:], self.into[:, 0]) + last @ self.within.T
        y = torch.lerp(torch.tanh(drive), last, self.kept)
        return y, {"activity": y}
