"""Any recurrent core between normalised senses and a readout, at a given size."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from ..controller import Controller, flat_observation
from ..core import CoreConfig
from ..layers import linear
from ..normaliser import Normaliser
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig:
    """One core of the catalogue, read out linearly."""

    core: CoreConfig = field(default_factory=CoreConfig)
    """Which, how large, and how far its memory reaches at first."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Recurrent":
        """Build for any body."""
        return Recurrent(spec, self, generator)


class Recurrent(Controller):
    """Normalised observations through one core to a tanh output. State: that of the core.

    `gru` is the same with other names in its state and torch's own initial weights, kept for the runs that have them.
    """

    def __init__(self, spec: ControllerSpec, config: RecurrentConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        self.config = config
        self.recurrence = "autonomous" if config.core.kind == "dense" else "learned"  # written, but never read back
        self.normaliser = Normaliser(spec.observation_size)
        self.core = config.core.build(spec.observation_size, spec.action_size, generator, spec.control_step_s)
        self.readout = linear(self.core.units, spec.action_size, 0.01, generator)

    def initial_state(self, batch: int) -> State:
        """The core at rest."""
        return self.core.zero(batch)

    def summary(self, state: State) -> State:
        """What the core says of itself."""
        kept = self.core.summarised
        return {name: state[name] for name in kept} if kept else state

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Actions in (-1, 1) from the core's new activity."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Parts: `core`, what the readout sees; of a core that remembers more, also each entry of its state that has
        one number a unit."""
        y, after = self.stepped(self.normaliser(flat_observation(self.spec, obs)), state, touch)
        return torch.tanh(self.readout(y)), after

    def stepped(self, x: Tensor, state: State, touch: Touch) -> tuple[Float[Tensor, "batch units"], State]:
        """The core's new activity and state, as they are touched."""
        y, after = self.core.step(x, state)
        y = touch.part("core", y)
        if self.core.remembers_activity_only:
            return y, {"activity": y}
        return y, {k: touch.part(k, v) if v.dim() == 2 else v for k, v in after.items()}
