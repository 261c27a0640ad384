"""The trainable part of a circuit: how strong each synapse is, its sign held by construction."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .circuit import Circuit

SMALLEST = 1e-3
"""Least initial gain, so that its logarithm exists."""


class Strengths(nn.Module):
    """Signed weights of all synapses, in the circuit's order, from one trainable number for each group.

    With Dale's law a weight is w_0 * exp(theta): it keeps its sign, and its gradient never dies. Without it a weight is
    |w_0| * theta, free to cross zero. Groups whose synapses are not trained stay as wired.
    """

    theta: nn.Parameter
    _group: Tensor
    _wired: Tensor
    _fixed: Tensor

    def __init__(
        self,
        circuit: Circuit,
        *,
        shared: bool,
        signed: bool,
        initial: Literal["wired", "uniform"],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.signed = signed
        names = {name: i for i, name in enumerate(circuit.gains)} if shared else dict[str, int]()
        groups: list[int] = []
        for s in circuit.synapses:
            key = s.group if shared and s.group else f"{s.pre} {s.post} {s.kind}"
            groups.append(names.setdefault(key, len(names)) if s.trained else -1)
        self.names = tuple(names)
        """Trainable gains: the name of the group, or "pre post kind"."""
        wired = torch.tensor([s.weight for s in circuit.synapses])
        group = torch.tensor(groups, dtype=torch.int64)
        gain = torch.ones(len(names))
        if initial == "uniform":
            gain = torch.rand(len(names), generator=generator).clamp(min=SMALLEST)
        if signed:
            theta = gain.log()
        else:
            wired = torch.where(group >= 0, wired.abs(), wired)
            theta = gain * (torch.randint(0, 2, gain.shape, generator=generator) * 2.0 - 1.0)
        self.theta = nn.Parameter(theta)
        # Fixed synapses look up the entry behind the last group, which is 1.
        self.register_buffer("_group", torch.where(group >= 0, group, len(names)), persistent=False)
        self.register_buffer("_wired", wired, persistent=False)
        self.register_buffer("_fixed", torch.ones(1), persistent=False)

    def forward(self) -> Float[Tensor, "synapse"]:
        """The weights as they are now."""
        gain = self.theta.exp() if self.signed else self.theta
        return self._wired * torch.cat([gain, self._fixed]).index_select(0, self._group)
