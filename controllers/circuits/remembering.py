"""A circuit with a memory of its own: what a cue calls up is one more thing that it senses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..controller import Controller
from ..memories import Holding, MemoryConfig
from ..memory.delay_line import DelayLineConfig
from ..probe import UNTOUCHED, Touch
from ..registry import ControllerConfig
from ..spec import ControllerSpec, Obs, State
from .linear import LinearConfig

MARK = "memory/"


@dataclass(frozen=True, kw_only=True)
class RememberingConfig:
    """Any controller beside any memory of an episode: asked first, then told, at every control step."""

    controller: ControllerConfig = field(default_factory=LinearConfig)
    """Reads all that the body tells, and `recalled` and `familiarity`."""
    memory: MemoryConfig = field(default_factory=DelayLineConfig)
    """What keeps it (`innervate list memories`)."""
    cue: str = ""
    """Channel under which is stored and asked; empty for the body's first."""
    content: str = ""
    """Channel that is stored; empty for the body's last."""
    gate: str = ""
    """Channel of one number that opens the memory, shut at 0 and below, open at 1 and above; empty for always."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Remembering":
        """The memory is drawn first, then the controller."""
        return Remembering(spec, self, generator)


class Remembering(Controller):
    """State: the memory's under `memory/`, the circuit's own beside it.

    Parts: `recalled`, `familiarity`, and the circuit's.
    """

    def __init__(self, spec: ControllerSpec, config: RememberingConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        self.config = config
        self._cue = spec.channel(config.cue or spec.observations[0].name)
        self._content = spec.channel(config.content or spec.observations[-1].name)
        self._gate = spec.channel(config.gate) if config.gate else None
        if self._gate is not None and self._gate.size != 1:
            raise ConfigError(f"A gate is one number; {config.gate!r} has {self._gate.size}.")
        self.memory = config.memory.build(self._cue, self._content, generator)
        told = (
            Channel("recalled", self._content.size, self._content.unit, description="what the cue calls up"),
            Channel("familiarity", 1, "1", 1.0, "how like what was stored the cue is"),
        )
        self.circuit = config.controller.build(replace(spec, observations=(*spec.observations, *told)), generator)
        # No parameter writes the memory: as it was, it stays exact.
        self.recurrence = "learned" if self.circuit.recurrence == "learned" else "autonomous"

    def initial_state(self, batch: int) -> State:
        """An empty memory beside the circuit's own."""
        memory = {f"{MARK}{name}": value for name, value in self.memory.empty(batch).items()}
        return {**self.circuit.initial_state(batch), **memory}

    def reset_state(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """A memory of an episode ends with it."""
        own, memory = _apart(state)
        emptied = self.memory.forget(memory, done)
        return {**self.circuit.reset_state(own, done), **{f"{MARK}{name}": value for name, value in emptied.items()}}

    def summary(self, state: State) -> State:
        """As of the circuit, and the memory."""
        own, memory = _apart(state)
        return {**self.circuit.summary(own), **{f"{MARK}{name}": value for name, value in memory.items()}}

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The circuit's actions."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """What is stored now can be asked for from the next control step on."""
        own, memory = _apart(state)
        cue, content = obs[self._cue.name], obs[self._content.name]
        recall = self.memory.recall(memory, cue)
        recalled = touch.part("recalled", recall.content)
        familiarity = touch.part("familiarity", recall.familiarity.unsqueeze(1))
        gate = None if self._gate is None else obs[self._gate.name].squeeze(1).clamp(0, 1)
        kept = self.memory.store(recall.state, cue, content, gate)
        action, after = self.circuit.run({**obs, "recalled": recalled, "familiarity": familiarity}, own, touch)
        return action, {**after, **{f"{MARK}{name}": value for name, value in kept.items()}}

    def holdings(self, met: Obs, state: State) -> Mapping[str, Holding]:
        """Its memory's, where its cue was met, and the circuit's."""
        own, memory = _apart(state)
        inner = self.circuit.holdings(met, own)
        if self._cue.name not in met:
            return inner
        return {**inner, "memory": self.memory.holding(memory, met[self._cue.name])}

    def members_of(self, name: str, parts: Sequence[str]) -> Sequence[str]:
        """As in the circuit."""
        return self.circuit.members_of(name, parts)


def _apart(state: State) -> tuple[State, State]:
    """The circuit's own state, and the memory's."""
    own = {name: value for name, value in state.items() if not name.startswith(MARK)}
    return own, {name.removeprefix(MARK): value for name, value in state.items() if name.startswith(MARK)}
