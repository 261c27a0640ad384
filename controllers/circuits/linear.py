"""A linear policy on normalised observations."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..controller import Controller, flat_observation
from ..normaliser import Normaliser
from ..spec import ControllerSpec, Obs, State


@dataclass(frozen=True, kw_only=True)
class LinearConfig:
    """A linear policy on normalised observations (the competitor of Mania et al. 2018)."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Linear":
        """Build for any body."""
        del generator
        return Linear(spec)


class Linear(Controller):
    """Action = W normalise(obs), from W = 0 as in augmented random search."""

    def __init__(self, spec: ControllerSpec) -> None:
        super().__init__(spec)
        self.normaliser = Normaliser(spec.observation_size)
        self.weight = nn.Parameter(torch.zeros(spec.action_size, spec.observation_size))

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """One matrix product; the environment clips."""
        return self.normaliser(flat_observation(self.spec, obs)) @ self.weight.T, state
