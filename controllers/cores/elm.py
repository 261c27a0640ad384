"""Expressive leaky memory: slow traces written by a small net that sees them and the synapses (Spieler et al. 2023)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..layers import linear
from ..spec import State
from ..timescales import keep, spread


class ExpressiveLeakyMemory(Core):
    """The neuron of Spieler et al. 2023 (arXiv 2306.16922), in the second, stable form of its released code.

    State: `trace`, (batch, 2 inputs), what the synapses leave, and `memory`, (batch, units), which is also the activity
    (|m| < 8.6, where it is written to the full all the time): the linear readout is the circuit's.

    - trace = k_s trace + w x, with a time constant of five steps and w > 0. Each input has a synapse for what is
      above zero and one for what is below, since a neuron's inputs are of one sign and a sensor's are not; each is a
      branch of its own.
    - d = 1.7159 tanh(2/3 MLP(trace, k_m memory)), one hidden layer of ReLUs, twice as wide as the memory.
    - memory = k_m memory + (1 - k_l) d, with k_m = exp(-dt / tau), k_l = exp(-5 dt / tau).

    Time constants are fixed, as published: log-spaced, to 150 steps where `slowest_s` does not say. Other than
    published: w is a softplus, for which a synapse that falls silent can come back, and weights begin orthogonal.
    """

    spreads = True
    remembers_activity_only = False
    SYNAPSE_STEPS, SLOWEST_STEPS, WRITE, SYNAPSE = 5.0, 150.0, 5.0, 0.5
    kept: Tensor
    written: Tensor

    def __init__(
        self, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
    ) -> None:
        super().__init__(inputs, units, generator, dt_s)
        tau_s = spread(units, dt_s, self.SLOWEST_STEPS * dt_s if slowest_s is None else slowest_s)
        self.register_buffer("kept", keep(tau_s, dt_s))
        self.register_buffer("written", 1 - keep(tau_s, self.WRITE * dt_s))
        self.synapse = nn.Parameter(torch.full((2 * inputs,), math.log(math.expm1(self.SYNAPSE))))
        self.hidden = linear(2 * inputs + units, 2 * units, 2**0.5, generator)
        self.write = linear(2 * units, units, 1.0, generator)

    def zero(self, batch: int) -> State:
        """Nothing received and nothing remembered."""
        new = self.synapse.new_zeros
        return {"trace": new(batch, 2 * self.inputs), "memory": new(batch, self.units)}

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """The memory, after it was written."""
        signed = torch.cat([torch.relu(x), torch.relu(-x)], dim=-1)
        received = math.exp(-1 / self.SYNAPSE_STEPS) * state["trace"] + nn.functional.softplus(self.synapse) * signed
        left = self.kept * state["memory"]
        hidden = torch.relu(self.hidden(torch.cat([received, left], dim=-1)))
        memory = left + self.written * 1.7159 * torch.tanh(self.write(hidden) * (2 / 3))
        return memory, {"trace": received, "memory": memory}
