"""The contract of every nervous system: `(obs, state) -> (action, state)`, and nothing kept on `self`."""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from innervate.errors import UnknownNameError

from .damage import MARK, Both, Damage, late_steps, targets_of, width
from .memories import Holding
from .organ import Organ
from .probe import UNTOUCHED, Lesion, LesionKind, Seen, Touch
from .spec import ControllerSpec, Obs, State

__all__ = ["Controller", "Lesioned", "Recurrence", "flat_observation"]

Recurrence = Literal["none", "autonomous", "learned"]


class Controller(nn.Module, ABC):
    """A circuit that turns observations into actions, with its memory handed in and out.

    Time, phase, membrane potentials, delays and traces live in `state`; only a learner writes parameters.
    A forward is a pure function of parameters, observations and state, so it may be batched, shuffled,
    replayed and mapped over parameters.
    """

    recurrence: Recurrence = "none"
    """Whether state depends on parameters: `none` (no state), `autonomous` (a clock: a stored state stays exact
    whatever the parameters become), or `learned` (must be trained through time). A fact of the class, or of the circuit
    that an instance was built from."""

    def __init__(self, spec: ControllerSpec) -> None:
        super().__init__()
        self.spec = spec

    @abstractmethod
    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The actions of this control step, in [-1, 1], and the state of the next."""

    def initial_state(self, batch: int) -> State:
        """The state at the beginning of an episode."""
        del batch
        return {}

    def advance(self, obs: Obs, state: State) -> State:
        """The next state alone; overridden where that is cheaper than a forward."""
        return self.forward(obs, state)[1] if state else {}

    def reset_state(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """`state` with the initial values where `done`."""
        if not state:
            return {}
        fresh = self.initial_state(done.shape[0])
        return {
            name: torch.where(done.reshape(-1, *[1] * (value.dim() - 1)), fresh[name], value)
            for name, value in state.items()
        }

    def summary(self, state: State) -> State:
        """The entries of the state that a critic reads; the others only travel. Here: all of them."""
        return state

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """`forward`, with every named part handed to `touch` and gone on with as it comes back.

        A circuit with parts of its own overrides this and lets `forward` call it; here the parts are the entries of the
        state, and the action.
        """
        action, after = self.forward(obs, state)
        after = {k: touch.part(k, v) if v.is_floating_point() and v.dim() == 2 else v for k, v in after.items()}
        return touch.part("action", action), after

    @torch.no_grad()
    def probes(self, obs: Obs, state: State) -> dict[str, Tensor]:
        """What the circuit's parts do in this control step: (batch, units) of a part, (batch,) of a named neuron."""
        seen = Seen()
        self.run(obs, state, seen)
        return seen.found

    def organs(self) -> tuple[Organ, ...]:
        """What works on its own in it, in the order in which it works: by default the controller, as `action`."""
        spec, state = self.spec, self.initial_state(1)
        return (
            Organ(
                name="action", kind=type(self).__name__, takes=tuple(c.name for c in spec.observations),
                gives=(("action", spec.action_size),), period_s=spec.control_step_s,
                parameters=self.parameter_count(), state=sum(v.numel() for v in state.values()),
                remembers="episode" if state else "step",
            ),
        )  # fmt: skip

    def members_of(self, name: str, parts: Sequence[str]) -> Sequence[str]:
        """The parts that a name stands for, a class of neurons say. Raises `UnknownNameError` for none."""
        raise UnknownNameError(f"part of {type(self).__name__}", name, parts)

    def lesion(
        self,
        name: str,
        kind: LesionKind = "silent",
        severity: float = 1.0,
        from_s: float = 0.0,
        to_s: float = math.inf,
    ) -> "Lesioned":
        """A copy with the part of that name damaged; see `Lesion` for the kinds.

        Raises:
            UnknownNameError: the circuit has no such part, unit, neuron or class of neurons.
            ConfigError: a kind or a severity that there is not.
        """
        return self.damaged([Lesion(name=name, kind=kind, severity=severity, from_s=from_s, to_s=to_s)])

    def damaged(self, lesions: Sequence[Lesion]) -> "Lesioned":
        """A copy with several lesions."""
        return Lesioned(copy.deepcopy(self), lesions)

    def wiring(self) -> tuple[Any, dict[tuple[str, str, str], float]] | None:
        """For a circuit of named neurons: it, and its present weights by (pre, post, kind); None for others."""
        return None

    def holdings(self, met: Obs, state: State) -> Mapping[str, Holding]:
        """What its memories call up, by name, for the cues among what was met: a row a control step, one state."""
        del met, state
        return {}

    def parameter_count(self) -> int:
        """Number of trainable scalars."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


class Lesioned(Controller):
    """Runs `intact` with damage on the way. Lesions are no parameters: they are neither learned nor saved.

    State: the circuit's own; where a lesion begins or ends, or is of another kind than silence, `lesion/step` (batch,)
    int64, control steps since the episode began, and `lesion/lane` (batch,) int64, whose noise it is; for each frozen
    lesion `lesion/I/held`, for each late one `lesion/I/line`, oldest first, I counting the lesions.
    """

    def __init__(self, intact: Controller, lesions: Sequence[Lesion]) -> None:
        super().__init__(intact.spec)
        self.intact, self.lesions = intact, tuple(lesions)
        nothing = {c.name: torch.zeros(1, c.size) for c in intact.spec.observations}
        seen = intact.probes(nothing, intact.initial_state(1))
        self._targets = [
            targets_of(lesion.name, seen) or dict.fromkeys(intact.members_of(lesion.name, list(seen)))
            for lesion in self.lesions
        ]
        self._widths = [width(targets, seen) for targets in self._targets]
        self._timed = any(not lesion.always or lesion.kind != "silent" for lesion in self.lesions)
        remembers = any(lesion.kind in ("frozen", "late") for lesion in self.lesions)
        if remembers or intact.recurrence == "learned":
            self.recurrence = "learned"
        else:
            self.recurrence = "autonomous" if self._timed else intact.recurrence

    def damaged(self, lesions: Sequence[Lesion]) -> "Lesioned":
        """More damage beside what there is."""
        return Lesioned(copy.deepcopy(self.intact), (*self.lesions, *lesions))

    def initial_state(self, batch: int) -> State:
        """The circuit's own, with every clock at its start."""
        state = dict(self.intact.initial_state(batch))
        if self._timed:
            state["lesion/step"] = torch.zeros(batch, dtype=torch.int64)
            state["lesion/lane"] = torch.arange(batch)
        for i, (lesion, size) in enumerate(zip(self.lesions, self._widths, strict=True)):
            if lesion.kind == "frozen":
                state[f"lesion/{i}/held"] = torch.zeros(batch, size)
            elif lesion.kind == "late":
                state[f"lesion/{i}/line"] = torch.zeros(batch, late_steps(lesion, self.spec.control_step_s), size)
        return state

    def reset_state(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """As the circuit resets its own."""
        own = {name: value for name, value in state.items() if not name.startswith(MARK)}
        ours = {name: value for name, value in state.items() if name.startswith(MARK)}
        return {**self.intact.reset_state(own, done), **super().reset_state(ours, done)}

    def summary(self, state: State) -> State:
        """As of the intact circuit, and what the damage remembers."""
        own = {name: value for name, value in state.items() if not name.startswith(MARK)}
        return {**self.intact.summary(own), **{k: v for k, v in state.items() if k.startswith(MARK)}}

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """One control step of the damaged circuit."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Damage first, so that what is seen is what went on."""
        own = {name: value for name, value in state.items() if not name.startswith(MARK)}
        damage = Damage(self.lesions, self._targets, self.spec.control_step_s, state)
        action, after = self.intact.run(obs, own, Both(damage, touch))
        return action, {**after, **damage.after}

    def holdings(self, met: Obs, state: State) -> Mapping[str, Holding]:
        """Of the intact circuit, from what the damage let through to it."""
        return self.intact.holdings(met, {name: v for name, v in state.items() if not name.startswith(MARK)})

    def members_of(self, name: str, parts: Sequence[str]) -> Sequence[str]:
        """As in the intact circuit."""
        return self.intact.members_of(name, parts)


def flat_observation(spec: ControllerSpec, obs: Obs) -> Float[Tensor, "batch size"]:
    """The named observations side by side, in the order of the spec."""
    if len(spec.observations) == 1:
        return obs[spec.observations[0].name]
    return torch.cat([obs[port.name] for port in spec.observations], dim=-1)
