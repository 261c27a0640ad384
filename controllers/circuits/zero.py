"""Silence: what the body does by itself."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..controller import Controller
from ..spec import ControllerSpec, Obs, State


@dataclass(frozen=True, kw_only=True)
class ZeroConfig:
    """No action at all."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Zero":
        """Build for any body."""
        del generator
        return Zero(spec)


class Zero(Controller):
    """Silence: what the body does by itself."""

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Zeros."""
        batch = obs[self.spec.observations[0].name]
        return batch.new_zeros(batch.shape[0], self.spec.action_size), state
