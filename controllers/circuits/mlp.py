"""A multilayer perceptron: a net without a prior."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..controller import Controller, flat_observation
from ..layers import linear
from ..normaliser import Normaliser
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State


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
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Parts: `hidden.0`, `hidden.1`, ..., the layers between senses and actions."""
        x = self.normaliser(flat_observation(self.spec, obs))
        if touch is UNTOUCHED:
            return self.layers(x), state
        hidden = len(self.layers) // 2 - 1
        for k, layer in enumerate(self.layers):
            x = layer(x)
            if k % 2 and k // 2 < hidden:
                x = touch.part(f"hidden.{k // 2}", x)
        return x, state
