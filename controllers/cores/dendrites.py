"""Active dendrites: a context that one of a neuron's segments knows decides how far the neuron hears its input."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..layers import linear
from ..spec import State
from ..timescales import keep, spread


class ActiveDendrites(Core):
    """The active dendrites of Iyer et al. 2022 (arXiv 2201.00042), whose context is what lasts of the input.

    State: `activity` y, (batch, units), and `context` c, (batch, inputs), the input's running mean.

    y = relu of the largest SHARE of (W x + b) sigmoid(u_j . c), at least four of them, all others silent, with j the
    segment whose match is largest in size. The input drives; what a neuron knows of the context only lets it hear or
    not, so that neurons of other contexts are neither heard nor changed.

    Published with a context from outside, a task's number or the mean of its inputs. A controller is told by its input,
    if at all, and what is told lasts: hence the running mean, with a time constant of `slowest_s`, 100 steps where it
    does not say. Other than published: weights are dense; segments begin with unit weights, by which contexts differ in
    their winners from the beginning; the share is larger, since layers are smaller.
    """

    spreads = True
    remembers_activity_only = False
    SLOWEST_STEPS, SEGMENTS, SHARE, FEWEST = 100.0, 4, 0.2, 4
    GATED: bool = True
    """Whether segments count; without, as the null has it, every neuron hears half of its drive."""
    kept: Tensor

    def __init__(
        self, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
    ) -> None:
        super().__init__(inputs, units, generator, dt_s)
        self.synapse = linear(inputs, units, 2**0.5, generator)
        self.segments = nn.Parameter(torch.randn(units, self.SEGMENTS, inputs, generator=generator))
        self.winners = min(units, max(self.FEWEST, round(self.SHARE * units)))
        tau_s = spread(1, dt_s, self.SLOWEST_STEPS * dt_s if slowest_s is None else slowest_s)
        self.register_buffer("kept", keep(tau_s, dt_s))

    def zero(self, batch: int) -> State:
        """Silent, in no context."""
        new = self.segments.new_zeros
        return {"activity": new(batch, self.units), "context": new(batch, self.inputs)}

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """Activity, never negative; silent but for the winners."""
        context = torch.lerp(x, state["context"], self.kept)
        matches = (context @ self.segments.flatten(0, 1).T).unflatten(-1, (self.units, self.SEGMENTS))
        best = matches.abs().argmax(dim=-1, keepdim=True)
        match = matches.gather(-1, best).squeeze(-1)
        gated = self.synapse(x) * torch.sigmoid(match if self.GATED else 0 * match)
        least = torch.topk(gated, self.winners, dim=-1).values[..., -1:]
        y = torch.relu(gated) * (gated >= least)
        return y, {"activity": y, "context": context}
