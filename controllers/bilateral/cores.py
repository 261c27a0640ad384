"""What one layer of a hemisphere is made of: the next activity from the input and the last activity."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..nets import linear

Core = Literal["dense", "gru", "leaky"]


class Dense(nn.Module):
    """Units without memory: tanh of a weighted sum, Glorot's initial weights, as in the released code."""

    def __init__(self, inputs: int, units: int, generator: torch.Generator) -> None:
        super().__init__()
        self.synapse = nn.Linear(inputs, units)
        nn.init.xavier_uniform_(self.synapse.weight, generator=generator)
        nn.init.zeros_(self.synapse.bias)

    def forward(self, sensed: Float[Tensor, "batch inputs"], last: Float[Tensor, "batch units"]) -> Tensor:
        """Activity in (-1, 1)."""
        del last
        return torch.tanh(self.synapse(sensed))


class Gated(nn.Module):
    """Gated recurrent units (Cho et al. 2014)."""

    def __init__(self, inputs: int, units: int, generator: torch.Generator) -> None:
        super().__init__()
        self.into, self.within = nn.Linear(inputs, 3 * units), nn.Linear(units, 3 * units)
        for part in (self.into, self.within):
            for gate in part.weight.chunk(3):
                initialise = nn.init.xavier_uniform_ if part is self.into else nn.init.orthogonal_
                initialise(gate, generator=generator)
            nn.init.zeros_(part.bias)

    def forward(self, sensed: Float[Tensor, "batch inputs"], last: Float[Tensor, "batch units"]) -> Tensor:
        """Activity in (-1, 1)."""
        reset_in, update_in, new_in = self.into(sensed).chunk(3, dim=-1)
        reset_h, update_h, new_h = self.within(last).chunk(3, dim=-1)
        new = torch.tanh(new_in + torch.sigmoid(reset_in + reset_h) * new_h)
        return torch.lerp(new, last, torch.sigmoid(update_in + update_h))


class Leaky(nn.Module):
    """Graded-potential neurons as in C. elegans: rates that leak, each with a time constant of its own that learns."""

    TIME_CONSTANT_STEPS = 4.0

    def __init__(self, inputs: int, units: int, generator: torch.Generator) -> None:
        super().__init__()
        self.synapse = linear(inputs + units, units, 1.0, generator)
        keep = 1 - 1 / self.TIME_CONSTANT_STEPS
        self.keep = nn.Parameter(torch.full((units,), keep).logit())

    def forward(self, sensed: Float[Tensor, "batch inputs"], last: Float[Tensor, "batch units"]) -> Tensor:
        """Activity in (-1, 1)."""
        return torch.lerp(torch.tanh(self.synapse(torch.cat([sensed, last], dim=-1))), last, torch.sigmoid(self.keep))


CORES: dict[Core, type[Dense] | type[Gated] | type[Leaky]] = {"dense": Dense, "gru": Gated, "leaky": Leaky}
"""By name, as `BilateralConfig.core` has it."""
