"""A reservoir of excitatory and inhibitory rates that finds its own balance (after Srinivasan et al. 2025)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ..core import Core
from ..spec import State


class BalancedReservoir(Core):
    """Fixed excitatory and inhibitory rates, each of which sets how strongly it is inhibited; only a readout learns.

    State: `activity` r, (batch, units), in (0, 1), the last fifth inhibitory:
    r <- sigmoid(GAIN (E r_E - m I r_I + V x)). Weights within are of one sign for a neuron (Dale's law) and sparse,
    those from the input are of both. When it is made the net is driven with white noise, as normalised senses are like,
    and every neuron changes its inhibition by m <- max(0, m + eta (r - target)); then m is fixed. Targets differ
    between neurons.

    After the abstract of Srinivasan, Plenz and Girvan 2025 (arXiv 2504.12480): Dale's law, sigmoid rates, inhibition
    adapted locally to target rates, equal or different ones. The paper's constants could not be read; gain, sparsity,
    the spread of targets and the phase of settling are ours.
    """

    INHIBITORY, CONNECTED, GAIN, INPUT = 0.2, 0.1, 3.0, 0.3
    TARGET, TARGET_SPREAD = 0.5, 0.15
    SETTLING, ETA = 1000, 0.05
    START = 1.0
    """Inhibition before settling, as a multiple of what balances excitation on average."""
    into: Tensor
    within: Tensor
    target: Tensor

    def __init__(self, inputs: int, units: int, generator: torch.Generator, dt_s: float) -> None:
        super().__init__(inputs, units, generator, dt_s)
        inhibitory = max(1, round(self.INHIBITORY * units)) if units > 1 else 0
        excitatory = units - inhibitory
        expected = self.CONNECTED * units
        weights = torch.rand(units, units, generator=generator) / math.sqrt(max(expected, 1.0))
        weights *= torch.rand(units, units, generator=generator) < self.CONNECTED
        self.excitatory = excitatory
        excite, inhibit = weights[:, :excitatory], weights[:, excitatory:]
        into = self.INPUT * (2 * torch.rand(units, inputs, generator=generator) - 1)
        target = (self.TARGET + self.TARGET_SPREAD * torch.randn(units, generator=generator)).clamp(0.05, 0.95)
        balance = self.START * excitatory / max(inhibitory, 1)
        m, r = torch.full((units,), balance), torch.full((units,), 0.5)
        for _ in range(self.SETTLING):
            x = torch.randn(inputs, generator=generator)
            drive = excite @ r[:excitatory] - m * (inhibit @ r[excitatory:]) + into @ x
            r = torch.sigmoid(self.GAIN * drive)
            m = torch.relu(m + self.ETA * (r - target))
        self.register_buffer("within", torch.cat([excite, -m[:, None] * inhibit], dim=1))
        self.register_buffer("into", into)
        self.register_buffer("target", target)

    @classmethod
    def trainable(cls, inputs: int, units: int, dt_s: float) -> int:
        """None: what learns is the readout."""
        del inputs, units, dt_s
        return 0

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """Rates in (0, 1)."""
        y = torch.sigmoid(self.GAIN * (state["activity"] @ self.within.T + x @ self.into.T))
        return y, {"activity": y}
