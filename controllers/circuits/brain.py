"""A brain: controllers joined by name, each sensing what those before it give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

from ..controller import Controller, Recurrence
from ..memories import Holding
from ..organ import Organ
from ..pace import Pace
from ..probe import UNTOUCHED, Touch
from ..registry import ControllerConfig
from ..spec import ControllerSpec, Obs, State
from .linear import LinearConfig


@dataclass(frozen=True, kw_only=True)
class Part:
    """One controller of a brain."""

    controller: ControllerConfig
    """Any controller; what would be its actions are the numbers that it gives."""
    senses: tuple[str, ...] = ()
    """Channels of the body, and names of parts before it; empty for all of them. `NAME_age` is how old, in seconds,
    what is heard of the part NAME is, where that has a period or a delay."""
    gives: int = 0
    """How many numbers, under the part's name; the last part gives the actions and needs no number."""
    remembered: bool = False
    """Whether parts that come before it may sense what it gave in the control step before."""
    period_s: float = 0.0
    """It works once in so many seconds, and what it gave is held between; 0 for every control step."""
    delay_s: float = 0.0
    """What it gives is heard so many seconds later, by other parts and, of the last one, by the body."""


@dataclass(frozen=True, kw_only=True)
class BrainConfig:
    """Parts by name, in the order in which they work; the last one drives the body."""

    parts: Mapping[str, Part] = field(default_factory=lambda: {"reflex": Part(controller=LinearConfig())})
    """Names are words without `/`; by default a single reflex."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Brain":
        """Fitted to the body, the parts drawn from the generator in order."""
        return Brain(spec, self, generator)


class Brain(Controller):
    """Runs its parts in order.

    State: the parts' own under `part/name`; `part` (batch, size) of what is remembered; `part@...` of those with a
    period or a delay (`Pace`).
    """

    def __init__(self, spec: ControllerSpec, config: BrainConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        if not config.parts:
            raise ConfigError("A brain has at least one part; which controllers is it made of?")
        self.config = config
        body = {channel.name: channel for channel in spec.observations}
        self._order, self._wanted = tuple(config.parts), dict[str, tuple[str, ...]]()
        self.remembered = tuple(name for name, part in config.parts.items() if part.remembered)
        sizes = self._sizes(spec, config)
        self._paces = {
            name: Pace.of(name, sizes[name], spec.control_step_s, part.period_s, part.delay_s)
            for name, part in config.parts.items()
        }
        clash = [name for name in self._order if name in body or "/" in name or not name]
        if clash:
            raise ConfigError(f"Part {clash[0]!r} needs a name of its own, without '/'; the body senses {list(body)}.")
        known = {**body, **{name: Channel(name, sizes[name]) for name in self.remembered}}
        ages = {f"{name}_age": Channel(f"{name}_age", 1, "s") for name, pace in self._paces.items() if not pace.plain}
        parts = dict[str, Controller]()
        for name, part in config.parts.items():
            for sense in part.senses:
                if sense not in known and sense not in ages:
                    raise UnknownNameError(f"sense of the part {name!r}", sense, {**known, **ages})
            self._wanted[name] = part.senses or tuple(known)
            senses = tuple({**ages, **known}[sense] for sense in self._wanted[name])
            own = ControllerSpec(observations=senses, action_size=sizes[name], control_step_s=spec.control_step_s)
            parts[name] = part.controller.build(own, generator)
            known[name] = Channel(name, sizes[name])
        self.parts = nn.ModuleDict(parts)
        self.recurrence = self._strongest()

    @staticmethod
    def _sizes(spec: ControllerSpec, config: BrainConfig) -> dict[str, int]:
        *before, last = config.parts
        for name in before:
            if config.parts[name].gives < 1:
                raise ConfigError(f"How many numbers does the part {name!r} give? gives={config.parts[name].gives}.")
        if config.parts[last].gives not in (0, spec.action_size):
            raise ConfigError(
                f"The last part, {last!r}, drives {spec.action_size} actuators; gives={config.parts[last].gives}."
            )
        return {**{name: config.parts[name].gives for name in before}, last: spec.action_size}

    def _strongest(self) -> Recurrence:
        kinds = {part.recurrence for _, part in self.controllers()}
        if self.remembered or "learned" in kinds or not all(pace.plain for pace in self._paces.values()):
            return "learned"
        return "autonomous" if "autonomous" in kinds else "none"

    def controllers(self) -> list[tuple[str, Controller]]:
        """The parts by name, in order."""
        return [(name, part) for name, part in self.parts.items() if isinstance(part, Controller)]

    def initial_state(self, batch: int) -> State:
        """Each part's own, and silence where something is remembered."""
        state: State = {}
        for name, part in self.controllers():
            state.update({f"{name}/{key}": value for key, value in part.initial_state(batch).items()})
            state.update(self._paces[name].initial(batch))
            if name in self.remembered:
                state[name] = torch.zeros(batch, part.spec.action_size)
        return state

    def reset_state(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """Each part resets its own."""
        after: State = {}
        for name, part in self.controllers():
            after.update({f"{name}/{k}": v for k, v in part.reset_state(_own(state, name), done).items()})
            after.update(self._paces[name].reset(state, done))
            if name in self.remembered:
                after[name] = state[name] * ~done.unsqueeze(-1)
        return after

    def summary(self, state: State) -> State:
        """Without what the parts leave out of theirs."""
        unread = set[str]()
        for name, part in self.controllers():
            own = _own(state, name)
            unread |= {f"{name}/{key}" for key in own.keys() - part.summary(own).keys()}
        return {name: value for name, value in state.items() if name not in unread}

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The actions of the last part."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Parts: what each gives under its name, and its own under `part/name`."""
        known = {**obs, **{name: state[name] for name in self.remembered}}
        known |= {f"{name}_age": pace.age(state) for name, pace in self._paces.items() if not pace.plain}
        after: State = {}
        given = next(iter(obs.values()))
        for name, part in self.controllers():
            sensed, before, pace = {s: known[s] for s in self._wanted[name]}, _own(state, name), self._paces[name]
            given, own = part.run(sensed, before, touch.within(f"{name}/"))
            if not pace.plain:
                works = pace.works(state)
                own = {k: torch.where(works.view(-1, *[1] * (v.dim() - 1)), v, before[k]) for k, v in own.items()}
                held = pace.held(state, given)
                given = pace.heard(state, held)
                after.update(pace.after(state, held))
            given = known[name] = touch.part(name, given)
            after.update({f"{name}/{key}": value for key, value in own.items()})
            if name in self.remembered:
                after[name] = given
        return given, after

    def organs(self) -> tuple[Organ, ...]:
        """Its parts."""
        found = list[Organ]()
        for name, part in self.controllers():
            (own, *_), pace = part.organs(), self._paces[name]
            found.append(replace(
                own, name=name, takes=self._wanted[name], gives=((name, pace.size),),
                period_s=pace.every * pace.step_s, delay_s=pace.late * pace.step_s,
                parameters=part.parameter_count(), state=sum(organ.state for organ in part.organs()),
            ))  # fmt: skip
        return tuple(found)

    def holdings(self, met: Obs, state: State) -> Mapping[str, Holding]:
        """Those of its parts, under `part/name`, as far as their cues are what the body tells."""
        found = dict[str, Holding]()
        for name, part in self.controllers():
            inner = part.holdings({s: met[s] for s in self._wanted[name] if s in met}, _own(state, name))
            found.update({f"{name}/{key}": value for key, value in inner.items()})
        return found

    def members_of(self, name: str, parts: Sequence[str]) -> Sequence[str]:
        """`part/CLASS` is what the part takes CLASS for."""
        head, _, rest = name.partition("/")
        inner = dict(self.controllers()).get(head)
        if inner is None or not rest:
            return super().members_of(name, parts)
        own = [part.removeprefix(f"{head}/") for part in parts if part.startswith(f"{head}/")]
        return [f"{head}/{member}" for member in inner.members_of(rest, own)]


def _own(state: State, part: str) -> State:
    mark = f"{part}/"
    return {name.removeprefix(mark): value for name, value in state.items() if name.startswith(mark)}
