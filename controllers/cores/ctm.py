"""Continuous thought machine: neurons that each read their own past, heard by which of them move together."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..layers import linear
from ..spec import State
from ..timescales import keep_logit, spread


class ContinuousThought(Core):
    """The continuous thought machine of Darlow et al. 2025 (arXiv 2505.05522), one tick a control step.

    State: `before`, (batch, neurons, memory), what has driven each neuron, newest last; `synchrony`, (batch, pairs),
    which a critic reads; and what synchrony is made of.

    - drive = LN(GLU(W2 LN(GLU(W1 [x, z])))) with z the last activity; appended to `before`.
    - z_d = net_d(before_d): every neuron has a net of its own, of two gated layers with a temperature each.
    - S_ij = sum_t k_ij^(T-t) z_i(t) z_j(t) / sqrt(sum_t k_ij^(T-t)), over all pairs i <= j of the last eight neurons.
    - The output is ReLU(W S), the first layer of the published heads.

    Without `slowest_s` the sum is over the last `MEMORY` steps, as in the published agents, and k begins near 1; with
    it, over the whole past, as in the other published tasks, and k_ij = exp(-dt / tau_ij), tau log-spaced; k learns.
    Other than published: k = sigmoid instead of a clamped rate, which dies where it is clamped; a start at rest instead
    of a learned one; no encoder before it; small: 8 of the neurons are paired (there 16 of 128), 10 steps (there 20).
    """

    spreads = True
    remembers_activity_only = False
    summarised = ("synchrony",)
    MEMORY, HIDDEN, PAIRED, RATE = 10, 2, 8, 0.02
    first: Tensor
    second: Tensor

    def __init__(
        self, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
    ) -> None:
        super().__init__(inputs, units, generator, dt_s)
        self.within_window = slowest_s is None
        self.wide = nn.ModuleList([linear(inputs + units, 2 * units, 1.0, generator)])
        self.wide.append(linear(units, 2 * units, 1.0, generator))
        self.norm = nn.ModuleList([nn.LayerNorm(units), nn.LayerNorm(units)])
        self.private = nn.ModuleList(
            [_Private(units, self.MEMORY, 2 * self.HIDDEN, generator), _Private(units, self.HIDDEN, 2, generator)]
        )
        pairs = torch.triu_indices(*2 * (min(self.PAIRED, units),)) + max(units - self.PAIRED, 0)
        self.register_buffer("first", pairs[0])
        self.register_buffer("second", pairs[1])
        count = pairs.shape[1]
        tau_s = torch.full((count,), dt_s / self.RATE) if slowest_s is None else spread(count, dt_s, slowest_s)
        self.keep = nn.Parameter(keep_logit(tau_s, dt_s))
        self.out = linear(count, units, 2**0.5, generator)

    def zero(self, batch: int) -> State:
        """Nothing has happened."""
        new, pairs = self.keep.new_zeros, len(self.keep)
        state = {"before": new(batch, self.units, self.MEMORY), "synchrony": new(batch, pairs)}
        if self.within_window:
            return {**state, "after": new(batch, self.units, self.MEMORY)}
        return {**state, "last": new(batch, self.units), "together": new(batch, pairs), "weight": new(batch, pairs)}

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """What is read from the synchrony, never negative."""
        last = state["after"][..., -1] if self.within_window else state["last"]
        drive = torch.cat([x, last], dim=-1)
        for wide, norm in zip(self.wide, self.norm, strict=True):
            drive = norm(nn.functional.glu(wide(drive), dim=-1))
        before = torch.cat([state["before"][..., 1:], drive.unsqueeze(-1)], dim=-1)
        z = before
        for private in self.private:
            z = nn.functional.glu(private(z), dim=-1)
        z = z.squeeze(-1)
        synchrony, after = self._synchrony(z, state)
        return torch.relu(self.out(synchrony)), {"before": before, "synchrony": synchrony, **after}

    def _synchrony(self, z: Float[Tensor, "batch units"], state: State) -> tuple[Float[Tensor, "batch pairs"], State]:
        kept = torch.sigmoid(self.keep)
        if not self.within_window:
            together = kept * state["together"] + z[:, self.first] * z[:, self.second]
            weight = kept * state["weight"] + 1
            return together / weight.sqrt(), {"last": z, "together": together, "weight": weight}
        after = torch.cat([state["after"][..., 1:], z.unsqueeze(-1)], dim=-1)
        age = torch.arange(self.MEMORY - 1, -1, -1, device=z.device, dtype=z.dtype)
        weight = kept.unsqueeze(-1) ** age
        together = (weight * after[:, self.first] * after[:, self.second]).sum(-1)
        return together / weight.sum(-1).sqrt(), {"after": after}


class _Private(nn.Module):
    """One layer for each neuron, of its own weights: (batch, neurons, inputs) to (batch, neurons, outputs)."""

    def __init__(self, neurons: int, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = (inputs + outputs) ** -0.5
        self.weight = nn.Parameter(torch.empty(neurons, inputs, outputs))
        nn.init.uniform_(self.weight, -bound, bound, generator=generator)
        self.bias = nn.Parameter(torch.zeros(neurons, outputs))
        self.temperature = nn.Parameter(torch.ones(1))

    def forward(self, x: Float[Tensor, "batch neurons inputs"]) -> Float[Tensor, "batch neurons outputs"]:
        return ((x.unsqueeze(-1) * self.weight).sum(-2) + self.bias) / self.temperature
