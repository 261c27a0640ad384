"""A controller's state as one float vector, so that it can travel with an observation through any buffer."""

import torch
from jaxtyping import Float
from torch import Tensor

from .controller import Controller
from .spec import State

__all__ = ["StateVector"]


class StateVector:
    """Packs and unpacks the state of one controller: names in sorted order, each flattened.

    float32 holds integers exactly up to 2^24, so clocks and counters survive.
    """

    def __init__(self, controller: Controller) -> None:
        template = controller.initial_state(1)
        self._parts = [(name, tuple(template[name].shape[1:]), template[name].dtype) for name in sorted(template)]
        self._sizes = [int(torch.Size(shape).numel()) for _, shape, _ in self._parts]
        self.size = sum(self._sizes)

    def pack(self, state: State) -> Float[Tensor, "batch size"]:
        """The state as (batch, size) float32."""
        return torch.cat([state[name].reshape(state[name].shape[0], -1).float() for name, _, _ in self._parts], dim=-1)

    def unpack(self, vector: Float[Tensor, "batch size"]) -> State:
        """The state that `pack` was given."""
        pieces = vector.split(self._sizes, dim=-1)
        return {
            name: piece.reshape(-1, *shape).to(dtype)
            for (name, shape, dtype), piece in zip(self._parts, pieces, strict=True)
        }
