"""Units without memory: tanh of a weighted sum."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..spec import State


class Dense(Core):
    """Units without memory: tanh of a weighted sum, Glorot's initial weights, as in the code of arXiv 2401.14057."""

    def __init__(self, inputs: int, units: int, generator: torch.Generator, dt_s: float) -> None:
        super().__init__(inputs, units, generator, dt_s)
        self.synapse = nn.Linear(inputs, units)
        nn.init.xavier_uniform_(self.synapse.weight, generator=generator)
        nn.init.zeros_(self.synapse.bias)

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """Activity in (-1, 1)."""
        del state
        y = torch.tanh(self.synapse(x))
        return y, {"activity": y}
