"""Active dendrites: a context that one of a neuron's segments knows decides how far the neuron hears its input."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..layers import linear
from ..spec import State


class ActiveDendrites(Core):
    """The active dendrites of Iyer et al. 2022 (arXiv 2201.00042), whose context is the input and the last activity.

    y = relu of the largest SHARE of (W x + b) sigmoid(u_j . [x, last y]), at least four of them, all others silent,
    with j the segment whose match is largest in size. The input drives; what a neuron knows of the context only lets it
    hear or not, so that neurons of other contexts are neither heard nor changed.

    Published with a context from outside; a controller is told its task by its input, so the whole of it is context
    here, and the last activity as in the sequence memory of Hawkins and Ahmad 2016 (arXiv 1511.00083). Other than
    published: weights are dense, and the share is larger, since layers are smaller.
    """

    SEGMENTS, SHARE, FEWEST = 4, 0.2, 4

    def __init__(self, inputs: int, units: int, generator: torch.Generator, dt_s: float) -> None:
        super().__init__(inputs, units, generator, dt_s)
        self.synapse = linear(inputs, units, 2**0.5, generator)
        self.segments = nn.Parameter(torch.empty(units, self.SEGMENTS, inputs + units))
        nn.init.normal_(self.segments, std=1 / math.sqrt(inputs + units), generator=generator)
        self.winners = min(units, max(self.FEWEST, round(self.SHARE * units)))

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """Activity, never negative; silent but for the winners."""
        context = torch.cat([x, state["activity"]], dim=-1)
        matches = (context @ self.segments.flatten(0, 1).T).unflatten(-1, (self.units, self.SEGMENTS))
        best = matches.abs().argmax(dim=-1, keepdim=True)
        gated = self.synapse(x) * torch.sigmoid(matches.gather(-1, best).squeeze(-1))
        least = torch.topk(gated, self.winners, dim=-1).values[..., -1:]
        y = torch.relu(gated) * (gated >= least)
        return y, {"activity": y}
