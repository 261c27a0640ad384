"""Any recurrent core with synapses that change while it lives, by any rule of plasticity."""

from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ..controller import flat_observation
from ..core import CoreConfig
from ..layers import linear
from ..plastic_synapses import Fast, PlasticSynapses, apart, marked
from ..plasticity.differentiable import DifferentiableConfig
from ..probe import Touch
from ..rules import RuleConfig
from ..spec import ControllerSpec, Obs, State
from .recurrent import Recurrent, RecurrentConfig

ITSELF = "itself"


@dataclass(frozen=True, kw_only=True)
class PlasticConfig:
    """`recurrent`, whose readout or feedback has fast weights beside the slow ones."""

    core: CoreConfig = field(default_factory=CoreConfig)
    """Which, how large, and how far its memory reaches at first."""
    rule: RuleConfig = field(default_factory=DifferentiableConfig)
    """How the fast weights change (`innervate list plasticity`)."""
    synapses: Literal["readout", "feedback"] = "readout"
    """Which are plastic: those from the core onto the actions, or such from its last activity back onto its inputs,
    which have no slow weights."""
    modulator: str = ""
    """The rule's third factor: a channel of one number, or `itself`, a trained readout of the core in (-1, 1); empty
    for 1 throughout."""
    fast: Fast = field(default_factory=Fast)
    """How much they count, and how far they go."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Plastic":
        """Core and readout are drawn first, as `recurrent` draws them, then the rule."""
        return Plastic(spec, self, generator)


class Plastic(Recurrent):
    """State: the core's, and under `plastic/` `fast` (batch, pre, post), the rule's under `rule/` and, with feedback,
    `last` (batch, units). A critic reads the core's alone.
    """

    def __init__(self, spec: ControllerSpec, config: PlasticConfig, generator: torch.Generator) -> None:
        super().__init__(spec, RecurrentConfig(core=config.core), generator)
        if config.synapses not in ("readout", "feedback"):
            raise ConfigError(f"synapses is 'readout' or 'feedback', got {config.synapses!r}.")
        self.plastic_config, self.recurrence = config, "learned"
        self._feedback, units = config.synapses == "feedback", self.core.units
        post = spec.observation_size if self._feedback else spec.action_size
        rule = config.rule.build(units, post, generator, spec.control_step_s)
        self.synapses = PlasticSynapses(rule, config.fast)
        self.modulating = linear(units, 1, 1.0, generator) if config.modulator == ITSELF else None
        if config.modulator not in ("", ITSELF) and (size := spec.channel(config.modulator).size) != 1:
            raise ConfigError(f"A modulator is one number; {config.modulator!r} has {size}.")

    def initial_state(self, batch: int) -> State:
        """The core at rest, nothing written."""
        last = {"last": torch.zeros(batch, self.core.units)} if self._feedback else {}
        return {**super().initial_state(batch), **marked({**self.synapses.zero(batch), **last})}

    def summary(self, state: State) -> State:
        """Without the fast weights and what their rule remembers."""
        return apart(state)[0]

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Parts as in `recurrent`."""
        own, plastic = apart(state)
        seen = self.normaliser(flat_observation(self.spec, obs))
        if self._feedback:
            seen = seen + self.synapses.through(plastic["last"], plastic)
        y, own = self.stepped(seen, own, touch)
        drive = self.readout(y)
        if not self._feedback:
            drive = drive + self.synapses.through(y, plastic)
        action = torch.tanh(drive)
        pre, post, slow = (plastic["last"], seen, None) if self._feedback else (y, action, self.readout.weight.T)
        after = self.synapses.after(pre, post, self._modulator(obs, y), plastic, slow)
        return action, {**own, **marked({**after, "last": y} if self._feedback else after)}

    def _modulator(self, obs: Obs, y: Float[Tensor, "batch units"]) -> Float[Tensor, "batch 1"]:
        if self.modulating is not None:
            return torch.tanh(self.modulating(y))
        name = self.plastic_config.modulator
        return obs[name] if name else torch.ones_like(y[:, :1])
