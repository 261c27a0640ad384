"""Nets without a prior: the multilayer perceptron and the gated recurrent unit."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from .controller import Controller, flat_observation
from .normaliser import Normaliser
from .spec import ControllerSpec, Obs, State


def linear(inputs: int, outputs: int, gain: float, generator: torch.Generator) -> nn.Linear:
    """A layer with orthogonal weights of that gain and no bias to begin with (stable-baselines3's initialisation)."""
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, gain, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


@dataclass(frozen=True, kw_only=True)
class MLPConfig:
    """A multilayer perceptron with tanh units."""

    hidden: tuple[int, ...] = (256, 256)
    """Units of each hidden layer."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "MLP":
        """Build for any body."""
        return MLP(spec, self, generator)


class MLP(Controller):
    """Normalised observations through tanh layers to a tanh output."""

    def __init__(self, spec: ControllerSpec, config: MLPConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        if not config.hidden or min(config.hidden) < 1:
            raise ConfigError(f"An MLP needs at least one hidden layer of at least one unit, got {config.hidden}.")
        self.config = config
        self.normaliser = Normaliser(spec.observation_size)
        sizes = (spec.observation_size, *config.hidden)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [linear(inputs, outputs, 2**0.5, generator), nn.Tanh()]
        layers += [linear(sizes[-1], spec.action_size, 0.01, generator), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Actions in (-1, 1)."""
        return self.layers(self.normaliser(flat_observation(self.spec, obs))), state


@dataclass(frozen=True, kw_only=True)
class GRUConfig:
    """A gated recurrent unit (Cho et al. 2014)."""

    units: int = 64
    """Hidden units."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "GRU":
        """Build for any body."""
        return GRU(spec, self, generator)


class GRU(Controller):
    """Normalised observations through one recurrent layer to a tanh output. State: `hidden` (batch, units)."""

    recurrence = "learned"

    def __init__(self, spec: ControllerSpec, config: GRUConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        if config.units < 1:
            raise ConfigError(f"A GRU needs at least one unit, got {config.units}.")
        self.config = config
        self.normaliser = Normaliser(spec.observation_size)
        self.cell = nn.GRUCell(spec.observation_size, config.units)
        bound = config.units**-0.5
        for parameter in self.cell.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)
        self.readout = linear(config.units, spec.action_size, 0.01, generator)

    def initial_state(self, batch: int) -> State:
        """A silent hidden layer."""
        return {"hidden": self.cell.weight_hh.new_zeros(batch, self.config.units)}

    def advance(self, obs: Obs, state: State) -> State:
        """The hidden layer one step on."""
        # The cell's equations rather than its kernel, which cannot be mapped over a population's parameters.
        cell, hidden = self.cell, state["hidden"]
        sensed = self.normaliser(flat_observation(self.spec, obs))
        reset_in, update_in, new_in = nn.functional.linear(sensed, cell.weight_ih, cell.bias_ih).chunk(3, dim=-1)
        reset_h, update_h, new_h = nn.functional.linear(hidden, cell.weight_hh, cell.bias_hh).chunk(3, dim=-1)
        new = torch.tanh(new_in + torch.sigmoid(reset_in + reset_h) * new_h)
        return {"hidden": torch.lerp(new, hidden, torch.sigmoid(update_in + update_h))}

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Actions in (-1, 1) from the new hidden layer."""
        state = self.advance(obs, state)
        return torch.tanh(self.readout(state["hidden"])), state
