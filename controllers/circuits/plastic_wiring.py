"""Any circuit of neurons and synapses, of which some groups change while it lives, by any rule of plasticity."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from innervate.errors import ConfigError, UnknownNameError

from ..plastic_synapses import Fast, PlasticSynapses, apart, marked
from ..plasticity.abcd import ABCDConfig
from ..probe import UNTOUCHED, Touch
from ..rules import RuleConfig
from ..spec import ControllerSpec, Obs, State
from .wiring.circuit import Synapse
from .wiring.config import WiringConfig
from .wiring.wired import Wired


@dataclass(frozen=True, kw_only=True)
class PlasticWiringConfig:
    """`wiring` with fast weights beside those of some of its groups of synapses."""

    wiring: WiringConfig = field(default_factory=WiringConfig)
    """The circuit."""
    groups: tuple[str, ...] = ()
    """Which groups are plastic, by name, "pre post kind" of a synapse without one; empty for all chemical ones."""
    rule: RuleConfig = field(default_factory=lambda: ABCDConfig(each="group"))
    """How the fast weights change (`innervate list plasticity`)."""
    modulator: str = ""
    """The rule's third factor: a neuron, or a channel of one number; empty for 1 throughout."""
    fast: Fast = field(default_factory=Fast)
    """How much they count, and how far they go."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "PlasticWired":
        """The circuit is drawn first, as `wiring` draws it, then the rule."""
        return self.wiring.compiled(partial(PlasticWired, self, generator), spec, generator)


class PlasticWired(Wired):
    """A `Wired` circuit, with under `plastic/` of its state `fast` (batch, pre, post) and the rule's under `rule/`.

    Pre and post are the neurons on either side of the plastic groups, in the order of `names`; a fast weight is where a
    synapse is. The rule sees activities of the same control step, of neurons with a memory those that it began with. A
    critic reads the circuit's own state alone.
    """

    _before: Tensor
    _behind: Tensor
    _onto: Tensor
    _found: Tensor

    def __init__(self, config: PlasticWiringConfig, generator: torch.Generator, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recurrence = "learned"
        found = [s for s in self.circuit.synapses if _plastic(s, config.groups)]
        if unknown := [g for g in config.groups if not any(_plastic(s, (g,)) for s in self.circuit.synapses)]:
            raise UnknownNameError("group of synapses", unknown[0], sorted({_group(s) for s in self.circuit.synapses}))
        if gaps := [s for s in found if s.kind == "gap"]:
            raise ConfigError(f"{_group(gaps[0])} has gap junctions, and fast weights are of chemical synapses.")
        if not found:
            raise ConfigError("There is no chemical synapse in this circuit to be plastic.")
        place = {name: i for i, name in enumerate(self.names)}
        pre, post = (sorted({place[getattr(s, end)] for s in found}) for end in ("pre", "post"))
        table = torch.full((len(pre), len(post)), len(self.circuit.synapses))
        for s in found:
            table[pre.index(place[s.pre]), post.index(place[s.post])] = self.circuit.synapses.index(s)
        self.register_buffer("_found", table, persistent=False)
        self.register_buffer("_before", torch.tensor(pre), persistent=False)
        self.register_buffer("_behind", torch.tensor(post), persistent=False)
        self.register_buffer("_onto", torch.eye(len(place))[post], persistent=False)
        rule = config.rule.build(len(pre), len(post), generator, self.spec.control_step_s)
        there = (table < len(self.circuit.synapses)).float()
        self.synapses = PlasticSynapses(rule, config.fast, there)
        self._neuron = place.get(config.modulator)
        self._channel = config.modulator if self._neuron is None else ""
        if self._channel and (size := self.spec.channel(self._channel).size) != 1:
            raise ConfigError(f"A modulator is one number; {config.modulator!r} has {size}.")

    def initial_state(self, batch: int) -> State:
        """The circuit's own, nothing written."""
        return {**super().initial_state(batch), **marked(self.synapses.zero(batch))}

    def summary(self, state: State) -> State:
        """Without the fast weights and what their rule remembers."""
        return apart(state)[0]

    def step(self, obs: Obs, state: State, touch: Touch = UNTOUCHED) -> tuple[Float[Tensor, "batch neuron"], State]:
        """Activity of all neurons, then what it writes."""
        x, own = super().step(obs, state, touch)
        if self._neuron is not None:
            modulator = x[:, self._neuron, None]
        else:
            modulator = obs[self._channel] if self._channel else torch.ones_like(x[:, :1])
        pre, post = x.index_select(1, self._before), x.index_select(1, self._behind)
        slow = self._matrix(torch.cat([self.strengths(), self._zero]), "_found") if self.synapses.rule.whole else None
        return x, {**own, **marked(self.synapses.after(pre, post, modulator, apart(state)[1], slow))}

    def _beside(self, drive: Tensor, x: Float[Tensor, "batch source"], cells: slice, state: State) -> Tensor:
        """With what comes through fast weights; a neuron that is not evaluated yet is not before these."""
        pre = pad(x, (0, len(self.names) - x.shape[1])).index_select(1, self._before)
        return drive + self.synapses.through(pre, apart(state)[1]) @ self._onto[:, cells]


def _group(s: Synapse) -> str:
    return s.group or f"{s.pre} {s.post} {s.kind}"


def _plastic(s: Synapse, groups: Sequence[str]) -> bool:
    return _group(s) in groups if groups else s.kind == "chemical"
