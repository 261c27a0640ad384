"""A gated recurrent unit: memory without a prior."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..controller import Controller, flat_observation
from ..layers import linear
from ..normaliser import Normaliser
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State
from ..timescales import AUTO_STEPS, Slowest, keep_logit, spread


@dataclass(frozen=True, kw_only=True)
class GRUConfig:
    """A gated recurrent unit (Cho et al. 2014)."""

    BEFORE: ClassVar[dict[str, Any]] = {"slowest_s": None}

    units: int = 64
    """Hidden units."""
    slowest_s: Slowest = "auto"
    """Time constants begin spread evenly in their logarithm from the control step to this, in seconds: a memory as long
    as that can be learned. "auto" is 100 control steps; None for update gates that begin half open, a memory of a few
    steps."""

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
        if config.slowest_s is not None:
            dt_s, update = spec.control_step_s, slice(config.units, 2 * config.units)
            slowest_s = AUTO_STEPS * dt_s if config.slowest_s == "auto" else config.slowest_s
            with torch.no_grad():
                self.cell.bias_ih[update] = keep_logit(spread(config.units, dt_s, slowest_s), dt_s)
                self.cell.bias_hh[update] = 0.0
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
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Part: `hidden`."""
        hidden = touch.part("hidden", self.advance(obs, state)["hidden"])
        return torch.tanh(self.readout(hidden)), {"hidden": hidden}
