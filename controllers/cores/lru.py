"""Linear recurrent units: damped rotations between a linear input and a gated output (Orvieto et al. 2023)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..layers import linear
from ..spec import State
from ..timescales import keep, spread


class LinearRecurrent(Core):
    """The linear recurrent unit of Orvieto et al. 2023 (arXiv 2303.06349), complex numbers as pairs of real ones.

    State: `real` and `imaginary`, (batch, units): h = lambda h + gamma (B x), |lambda| = exp(-dt / tau), its angle
    dt times a frequency, both learned by their logarithms; gamma begins as sqrt(1 - |lambda|^2). The output is
    GELU(Re(C h) + D x) through a gated linear unit.

    Eigenvalues begin uniform on a ring as published, here of 0.9 to 0.999 of the unit circle's radius, or, with
    `slowest_s`, with log-spaced time constants; angles uniform on the whole circle. Other than published: D is a whole
    matrix, since inputs and outputs differ in number, and a single layer has neither normalisation nor a way around it.
    """

    spreads = True
    remembers_activity_only = False
    RING = 0.9, 0.999

    def __init__(
        self, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
    ) -> None:
        super().__init__(inputs, units, generator, dt_s)
        area, angle = torch.rand(2, units, generator=generator)
        if slowest_s is None:
            low, high = self.RING
            tau_s = -2 * dt_s / torch.log(area * (high**2 - low**2) + low**2)
        else:
            tau_s = spread(units, dt_s, slowest_s)
        self.log_tau_s = nn.Parameter(tau_s.log())
        self.log_frequency = nn.Parameter(torch.log(2 * math.pi * (1 - angle) / dt_s))  # 1 - angle is never zero
        self.log_gamma = nn.Parameter(0.5 * torch.log1p(-keep(tau_s, dt_s).square()))
        self.into = nn.Linear(inputs, 2 * units, bias=False)
        nn.init.normal_(self.into.weight, std=(2 * inputs) ** -0.5, generator=generator)
        self.out = nn.Linear(2 * units, units, bias=False)
        nn.init.normal_(self.out.weight, std=units**-0.5, generator=generator)
        self.direct = nn.Linear(inputs, units, bias=False)
        nn.init.normal_(self.direct.weight, std=inputs**-0.5, generator=generator)
        self.gate = linear(units, 2 * units, 1.0, generator)

    def zero(self, batch: int) -> State:
        """At the origin."""
        return {name: self.log_tau_s.new_zeros(batch, self.units) for name in ("real", "imaginary")}

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """The gated output of the rotated state."""
        angle, size = self.dt_s * self.log_frequency.exp(), keep(self.log_tau_s.exp(), self.dt_s)
        cos, sin = size * torch.cos(angle), size * torch.sin(angle)
        real, imaginary = state["real"], state["imaginary"]
        drive_real, drive_imaginary = self.into(x).chunk(2, dim=-1)
        gamma = self.log_gamma.exp()
        after_real = cos * real - sin * imaginary + gamma * drive_real
        after_imaginary = sin * real + cos * imaginary + gamma * drive_imaginary
        seen = self.out(torch.cat([after_real, after_imaginary], dim=-1)) + self.direct(x)
        value, gate = self.gate(nn.functional.gelu(seen)).chunk(2, dim=-1)
        return value * torch.sigmoid(gate), {"real": after_real, "imaginary": after_imaginary}
