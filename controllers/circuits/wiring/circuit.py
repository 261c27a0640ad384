"""A circuit as an object: neurons, synapses, and where senses and motors attach, all by name."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, get_args

from innervate.errors import ConfigError, UnknownNameError

Dynamics = Literal["graded", "leaky", "clock", "plateau", "spiking"]
Activation = Literal["unit", "relu", "tanh", "sigmoid", "identity"]

STATEFUL: frozenset[Dynamics] = frozenset({"leaky", "clock", "plateau", "spiking"})
"""Dynamics with a memory. Their output at a control step depends on the state that it began with."""


@dataclass(frozen=True, kw_only=True)
class Neuron:
    """A cell, or a muscle cell: whatever has an activity.

    graded:  activity = activation(bias + input), within the control step
    leaky:   tau dv/dt = -v + bias + input, activity = activation(v)
    clock:   active for `duty` of each period, from `onset` (a fraction of the period) on; takes no input
    plateau: bistable (Mellem et al. 2008 for RMD): input above +1 switches it on, below -1 off, else it stays
    spiking: leaky integrate-and-fire, threshold 1, reset to 0; activity is its synaptic trace, which decays with tau
    """

    name: str
    kind: str = ""
    """Class of the neuron, such as DB; a lesion of a class reaches all of its members."""
    side: str = ""
    transmitter: str = ""
    dynamics: Dynamics = "graded"
    activation: Activation = "unit"
    """unit clips to [0, 1]. Graded and leaky neurons only."""
    bias: float = 0.0
    tau_s: float | None = None
    period_s: float | None = None
    onset: float = 0.0
    duty: float = 0.5
    starts_on: bool = False
    """Whether a plateau neuron is active when an episode begins."""
    position: tuple[float, float] | None = None
    """Where a diagram puts it: x from head (0) to tail (1), y from ventral (-1) to dorsal (1)."""


@dataclass(frozen=True, kw_only=True)
class Synapse:
    """A connection; `weight` is signed and is what the circuit begins with."""

    pre: str
    post: str
    weight: float = 1.0
    kind: Literal["chemical", "gap"] = "chemical"
    """A gap junction joins two leaky neurons and carries weight * (v_pre - v_post), both ways. Given both ways, as in
    tables of connectomes, it is one junction."""
    group: str = ""
    """Synapses of one group share one trainable gain; without a group a synapse has its own."""
    trained: bool = True


@dataclass(frozen=True, kw_only=True)
class Sense:
    """Adds gain * observation[port][index] to a neuron's input."""

    neuron: str
    port: str
    index: int
    gain: float = 1.0
    per_limit: bool = False
    """Whether the observation is first divided by its port's limit."""
    bearing: bool = False
    """Instead of the number: the direction, in rad, left positive, of the vector whose leftward part is at `index` and
    whose backward part follows it."""


@dataclass(frozen=True, kw_only=True)
class Motor:
    """Adds gain * activity of a neuron to an actuator; actions are clipped to [-1, 1]."""

    neuron: str
    actuator: int
    gain: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """A wiring that has been checked: every name exists, nothing is said twice, every loop has a memory in it."""

    neurons: tuple[Neuron, ...]
    synapses: tuple[Synapse, ...] = ()
    senses: tuple[Sense, ...] = ()
    motors: tuple[Motor, ...] = ()
    source: str = ""
    """Where the wiring is from: paper, data set, licence."""
    gains: tuple[str, ...] = ()
    """Groups in the order of their trainable gains; a small body may lack the synapses of some, and still takes the
    gains of a larger one. Groups that are not named follow in the order of the synapses."""
    by_name: Mapping[str, Neuron] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        twice = [name for name, n in Counter(n.name for n in self.neurons).items() if n > 1]
        if twice:
            raise ConfigError(f"Neurons must have names of their own; twice in this circuit: {', '.join(twice)}.")
        object.__setattr__(self, "by_name", {n.name: n for n in self.neurons})
        for neuron in self.neurons:
            _check_neuron(neuron)
        object.__setattr__(self, "synapses", tuple(_each_junction_once(self.synapses)))
        pairs = Counter((s.pre, s.post, s.kind) for s in self.synapses)
        for synapse in self.synapses:
            self._check_synapse(synapse)
            if pairs[synapse.pre, synapse.post, synapse.kind] > 1:
                raise ConfigError(
                    f"{synapse.pre} -> {synapse.post} is there {pairs[synapse.pre, synapse.post, synapse.kind]} times "
                    f"as a {synapse.kind} synapse; add up the weights and say it once."
                )
        for end in (*self.senses, *self.motors):
            cell = self.neuron(end.neuron)
            _check_finite(f"The {type(end).__name__.lower()} of {end.neuron}", end)
            if isinstance(end, Sense) and cell.dynamics == "clock":
                raise ConfigError(f"{cell.name} is a clock and runs free, so it senses nothing; use `plateau` instead.")
        for group in {s.group for s in self.synapses if s.group}:
            if len({s.trained for s in self.synapses if s.group == group}) > 1:
                raise ConfigError(f"Group {group} has trained and fixed synapses; a group is one or the other.")
        _ = self.order

    def _check_synapse(self, synapse: Synapse) -> None:
        pre, post = self.neuron(synapse.pre), self.neuron(synapse.post)
        _check_finite(f"{pre.name} -> {post.name}", synapse)
        if synapse.weight == 0:
            raise ConfigError(f"{pre.name} -> {post.name} has weight 0, so it has no sign; leave it out instead.")
        if post.dynamics == "clock":
            raise ConfigError(f"{pre.name} -> {post.name}: a clock runs free; use `plateau` for one that can be reset.")
        if synapse.kind == "gap":
            if pre is post:
                raise ConfigError(f"The gap junction {pre.name} - {post.name} joins a neuron to itself; leave it out.")
            if not pre.dynamics == post.dynamics == "leaky":
                raise ConfigError(
                    f"The gap junction {pre.name} - {post.name} needs a membrane on both sides: make both `leaky`."
                )
            if synapse.weight < 0:
                raise ConfigError(f"The gap junction {pre.name} - {post.name} is a conductance; it cannot be negative.")

    def neuron(self, name: str) -> Neuron:
        """The neuron of that name."""
        if name not in self.by_name:
            raise UnknownNameError("neuron", name, self.by_name)
        return self.by_name[name]

    def members(self, names: Iterable[str]) -> tuple[str, ...]:
        """Neurons by name or by class, in the circuit's order."""
        kinds = {n.kind for n in self.neurons if n.kind}
        wanted = set(names)
        for name in wanted - kinds - self.by_name.keys():
            raise UnknownNameError("neuron", name, [*self.by_name, *sorted(kinds)])
        return tuple(n.name for n in self.neurons if n.name in wanted or n.kind in wanted)

    @cached_property
    def order(self) -> tuple[tuple[str, ...], ...]:
        """Neurons layer by layer: those with a memory first, then each after all that it listens to.

        Raises ConfigError where graded neurons form a loop: their activity would be an equation, not a step.
        """
        rank = {n.name: 0 for n in self.neurons if n.dynamics in STATEFUL}
        waiting = {n.name: set[str]() for n in self.neurons if n.dynamics not in STATEFUL}
        for s in self.synapses:
            if s.post in waiting and s.pre in waiting:
                waiting[s.post].add(s.pre)
        layers = [tuple(rank)]
        while waiting:
            ready = tuple(name for name, before in waiting.items() if not before & waiting.keys())
            if not ready:
                raise ConfigError(
                    f"{', '.join(sorted(waiting))} excite each other within one control step; "
                    "give one neuron of each loop a memory (leaky, plateau or spiking)."
                )
            layers.append(ready)
            waiting = {name: before for name, before in waiting.items() if name not in ready}
        return tuple(layers)

    def against_dale(self) -> tuple[str, ...]:
        """Neurons whose chemical synapses have both signs (Dale's law holds where this is empty)."""
        signs: dict[str, set[bool]] = {}
        for s in self.synapses:
            if s.kind == "chemical":
                signs.setdefault(s.pre, set()).add(s.weight > 0)
        return tuple(name for name, found in signs.items() if len(found) > 1)

    def without(self, names: Iterable[str]) -> "Circuit":
        """The circuit after the neurons (or classes) have been taken out, with all that was attached to them."""
        gone = set(self.members(names))
        return replace(
            self,
            neurons=tuple(n for n in self.neurons if n.name not in gone),
            synapses=tuple(s for s in self.synapses if not {s.pre, s.post} & gone),
            senses=tuple(s for s in self.senses if s.neuron not in gone),
            motors=tuple(m for m in self.motors if m.neuron not in gone),
        )


def _each_junction_once(synapses: Iterable[Synapse]) -> Iterator[Synapse]:
    """Gap junctions that are given both ways, once. Raises `ConfigError` where the two entries differ."""
    seen = dict[tuple[str, str], Synapse]()
    for s in synapses:
        if s.kind != "gap":
            yield s
            continue
        other = seen.get((s.post, s.pre))
        if other is None or s.pre == s.post:
            seen[s.pre, s.post] = s
            yield s
        elif replace(other, pre=s.pre, post=s.post) != s:
            raise ConfigError(
                f"The gap junction {other.pre} - {other.post} is given both ways and not alike: {_told(other)} and "
                f"{_told(s)}. It is one junction; say it once."
            )


def _told(s: Synapse) -> str:
    group = f", group {s.group}" if s.group else ""
    return f"{s.pre} -> {s.post} with weight {s.weight:g}{group}{'' if s.trained else ', fixed'}"


def _check_finite(what: str, part: Neuron | Synapse | Sense | Motor) -> None:
    for name, value in vars(part).items():
        numbers = value if isinstance(value, tuple) else (value,)
        if any(isinstance(x, float) and not math.isfinite(x) for x in numbers):
            raise ConfigError(f"{what}: {name} must be finite, got {value}.")


def _check_neuron(n: Neuron) -> None:
    _check_finite(n.name, n)
    if n.dynamics not in get_args(Dynamics):
        raise UnknownNameError("dynamics", n.dynamics, get_args(Dynamics))
    if n.activation not in get_args(Activation):
        raise UnknownNameError("activation", n.activation, get_args(Activation))
    if n.dynamics in ("leaky", "spiking") and not (n.tau_s is not None and n.tau_s > 0):
        raise ConfigError(f"{n.name} is {n.dynamics}: it needs a time constant tau_s above 0 s, got {n.tau_s}.")
    if n.dynamics == "clock" and not (n.period_s is not None and n.period_s > 0 and 0 < n.duty < 1):
        raise ConfigError(f"{n.name} is a clock: it needs period_s above 0 s and a duty inside (0, 1).")
    if n.dynamics == "clock" and n.bias:
        raise ConfigError(f"{n.name} is a clock and runs free, so its bias of {n.bias:g} does nothing; leave it out.")
