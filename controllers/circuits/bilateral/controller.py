"""Two hemispheres, a callosum and an output: every variant is one class and a configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError, UnknownNameError

from ...controller import Controller, flat_observation
from ...core import CORES, Core, make_core
from ...normaliser import Normaliser
from ...probe import UNTOUCHED, Touch
from ...spec import ControllerSpec, Obs, State
from .callosum import CALLOSA, Silent, Tract


@dataclass(frozen=True, kw_only=True)
class BilateralConfig:
    """Two hemispheres on the same senses (Rinaldo et al., arXiv 2401.14057, and beyond)."""

    left: tuple[int, ...] = (24, 24)
    """Units of each layer of the left hemisphere; empty for a body without one: a unilateral controller."""
    right: tuple[int, ...] = (24, 24)
    """Units of each layer of the right hemisphere; empty for none."""
    core: str = "gru"
    """What a layer is made of: `dense` (no memory), `gru`, `leaky`, ... (`innervate list cores`)."""
    slowest_s: float | None = None
    """The slowest time constant that the layers begin with, as in `gru`; None for the core's own beginning."""
    callosum: str = "linear"
    """What each layer but the first hears of the other side's layer before it: `none`, `released` (the larger of each
    two neighbours, added, untrained), `linear` (learned fibres) or `gated` (fibres that the sender opens)."""
    fibres: int | None = None
    """Numbers that cross each way in a control step, for each layer; None for one per sending unit."""
    callosum_delay_s: float = 0.0
    """How long a message takes; a multiple of the control step."""
    drive: Literal["shared", "crossed"] = "shared"
    """Who moves what: `shared`, a mixture of both sides drives everything; `crossed`, each drives its own arm."""
    contralateral: float = 1.0
    """Gain of a hemisphere on the opposite arm, where `crossed`; actuators come left arm first."""
    ipsilateral: float = 0.0
    """Gain of a hemisphere on the arm of its own side, where `crossed`."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Bilateral":
        """Build for any body; `crossed` needs an even number of actuators."""
        from .controller import Bilateral

        return Bilateral(spec, self, generator)

    def check(self, spec: ControllerSpec) -> int:
        """The delay of the callosum in control steps.

        Raises:
            ConfigError: a combination that cannot work, for this body.
            UnknownNameError: a core, callosum or drive that does not exist.
        """
        for kind, name, known in (
            ("core", self.core, tuple(CORES)),
            ("callosum", self.callosum, tuple(CALLOSA)),
            ("drive", self.drive, ("shared", "crossed")),
        ):
            if name not in known:
                raise UnknownNameError(kind, name, known)
        sides = [side for side in (self.left, self.right) if side]
        if not sides or any(units < 1 for side in sides for units in side):
            raise ConfigError(f"A hemisphere has layers of at least one unit; left={self.left}, right={self.right}.")
        steps = self.callosum_delay_s / spec.control_step_s
        if not 0 <= steps < 1e6 or abs(steps - round(steps)) > 1e-6:
            raise ConfigError(
                f"The delay of the callosum must be a multiple of the control step, {spec.control_step_s} s; it is "
                f"{self.callosum_delay_s} s."
            )
        if len(sides) == 2:
            self._check_both()
        elif self.drive == "crossed":
            raise ConfigError("Two hemispheres are needed for each to drive an arm of its own; one was given.")
        if self.drive == "crossed" and spec.action_size % 2:
            raise ConfigError(f"Two arms have as many actuators each; {spec.action_size} cannot be halved.")
        return round(steps)

    def _check_both(self) -> None:
        if self.callosum == "none":
            if self.callosum_delay_s:
                raise ConfigError("A delay of the callosum was given, but there is no callosum.")
        elif len(self.left) != len(self.right) or len(self.left) < 2:
            raise ConfigError(
                "A callosum joins each layer to the next of the other side: both hemispheres need as many layers, at "
                f"least two; left={self.left}, right={self.right}."
            )
        if self.callosum == "released" and self.left != self.right:
            raise ConfigError(f"The released callosum needs equal hemispheres; left={self.left}, right={self.right}.")
        if self.drive == "shared" and self.left[-1] != self.right[-1]:
            raise ConfigError(
                f"A shared output mixes the last layers, which must be equally wide; left={self.left}, "
                f"right={self.right}."
            )
        if self.fibres is not None and self.fibres < 1:
            raise ConfigError(f"A callosum has at least one fibre; fibres={self.fibres} was given.")


Hemisphere = Literal["left", "right", "shared"]


class Bilateral(Controller):
    """Both hemispheres sense the same. Actions: fractions of the actuators' limits, in (-1, 1).

    State: `left` and `right`, (batch, units), the activity of all layers of a side, first layer first; `callosum`,
    (batch, steps, units of both sides), what is under way where the callosum has a delay, the oldest first.
    """

    def __init__(self, spec: ControllerSpec, config: BilateralConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        self.config = config
        self.delay_steps = config.check(spec)
        # Dense layers write their activity into the state, for losses on it, but only a late message is ever read back.
        self.recurrence = "learned" if config.core != "dense" or self.delay_steps else "autonomous"
        self.normaliser = Normaliser(spec.observation_size)
        both = bool(config.left and config.right)
        self._joined = both and config.callosum != "none"
        to_left, to_right = self._tract(config.right, generator), self._tract(config.left, generator)
        self.to_left, self.to_right = nn.ModuleList(to_left), nn.ModuleList(to_right)
        self.left = nn.ModuleList(self._stack(config.left, to_left, generator))
        self.right = nn.ModuleList(self._stack(config.right, to_right, generator))
        outputs = [*config.left[-1:], *config.right[-1:]]
        if config.drive == "crossed":
            self.readouts = nn.ModuleList(_readout(units, spec.action_size // 2, generator) for units in outputs)
        else:
            self.readouts = nn.ModuleList([_readout(outputs[0], spec.action_size, generator)])
        self.mix = nn.Parameter(torch.full((2,), 0.5)) if both and config.drive == "shared" else None

    def _tract(self, sender: tuple[int, ...], generator: torch.Generator) -> list[Tract]:
        """The fibres that one side sends, layer by layer, to the layer after it."""
        if not self._joined:
            return [Silent() for _ in sender[:-1]]
        make = CALLOSA[self.config.callosum]
        return [make(units, self.config.fibres or units, generator) for units in sender[:-1]]

    def _stack(self, units: tuple[int, ...], tract: list[Tract], generator: torch.Generator) -> list[Core]:
        layers: list[Core] = []
        for k, width in enumerate(units):
            crossing = tract[k - 1].size if self._joined and k else 0
            inputs = self.spec.observation_size if k == 0 else units[k - 1] + crossing
            dt_s, slowest_s = self.spec.control_step_s, self.config.slowest_s
            layers.append(make_core(self.config.core, inputs, width, generator, dt_s, slowest_s))
        return layers

    def members_of(self, name: str, parts: Sequence[str]) -> Sequence[str]:
        """`callosum_to_left` stands for what crosses to all layers of that side, `callosum` for both ways."""
        ways = {part.partition(".")[0] for part in parts if part.startswith("callosum_to_")}
        meant = ways if name == "callosum" else ways & {name}
        if meant:
            return [part for part in parts if part.partition(".")[0] in meant]
        return super().members_of(name, [*parts, *ways, *(["callosum"] if ways else [])])

    @staticmethod
    def hemisphere_of(parameter: str) -> Hemisphere:
        """Whose a parameter is, by its name; callosum and output are shared."""
        head = parameter.partition(".")[0]
        return "left" if head == "left" else "right" if head == "right" else "shared"

    def initial_state(self, batch: int) -> State:
        """All silent."""
        like = self.normaliser.mean
        left, right = sum(self.config.left), sum(self.config.right)
        state = {name: like.new_zeros(batch, n) for name, n in (("left", left), ("right", right)) if n}
        for side in ("left", "right"):
            for k, layer in enumerate(self._layers(side)):
                if not layer.remembers_activity_only:
                    state.update({f"{side}.{k}/{name}": value for name, value in layer.zero(batch).items()})
        if self.delay_steps and self._joined:
            state["callosum"] = like.new_zeros(batch, self.delay_steps, left + right)
        return state

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The actions of this control step, and the activity that gave rise to them."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Parts: what a side senses (`left_input`), what crosses to a layer of it (`callosum_to_left.1`), its layers
        (`left.0`), and what it sends out (`left`)."""
        sensed = self.normaliser(flat_observation(self.spec, obs))
        left, right, within = self._activity(sensed, state, touch)
        after = {name: torch.cat(layers, dim=-1) for name, layers in (("left", left), ("right", right)) if layers}
        after.update(within)
        if "callosum" in state:
            newest = torch.cat([after["left"], after["right"]], dim=-1).unsqueeze(-2)
            after["callosum"] = torch.cat([state["callosum"][..., 1:, :], newest], dim=-2)
        outputs = [touch.part(side, layers[-1]) for side, layers in (("left", left), ("right", right)) if layers]
        return torch.tanh(self._drive(outputs) / 2), after  # a sigmoid, stretched from (0, 1) to (-1, 1)

    def _activity(self, sensed: Tensor, state: State, touch: Touch) -> tuple[list[Tensor], list[Tensor], State]:
        """What each layer of each side does now, the sides in step so that layers can hear of each other.

        The last is what layers remember beside their activity, under `left.0/name`.
        """
        sizes = {"left": self.config.left, "right": self.config.right}
        last = {side: _split(state[side], size) if size else () for side, size in sizes.items()}
        if "callosum" in state:
            arrived = state["callosum"][..., 0, :].split([sum(self.config.left), sum(self.config.right)], dim=-1)
            heard = [_split(a, size) for a, size in zip(arrived, sizes.values(), strict=True)]
        else:
            heard = None
        left: list[Tensor] = []
        right: list[Tensor] = []
        within: State = {}
        for k in range(max(len(self.left), len(self.right))):
            from_left, from_right = heard if heard is not None else (left, right)
            into_left = into_right = None
            if k and self._joined:
                into_left = touch.part(f"callosum_to_left.{k}", self.to_left[k - 1](from_right[k - 1]))
                into_right = touch.part(f"callosum_to_right.{k}", self.to_right[k - 1](from_left[k - 1]))
            for side, layers, message in (("left", left, into_left), ("right", right, into_right)):
                if k < len(sizes[side]):
                    intake = self._with(layers[k - 1] if k else touch.part(f"{side}_input", sensed), message)
                    activity = self._step(side, k, intake, last[side][k], state, within)
                    layers.append(touch.part(f"{side}.{k}", activity))
        return left, right, within

    def _layers(self, side: str) -> list[Core]:
        return [layer for layer in (self.left if side == "left" else self.right) if isinstance(layer, Core)]

    def _step(self, side: str, k: int, intake: Tensor, last: Tensor, state: State, within: State) -> Tensor:
        """The activity of one layer; what else it remembers goes into `within`."""
        layer, mark = self._layers(side)[k], f"{side}.{k}/"
        if layer.remembers_activity_only:
            return layer.step(intake, {"activity": last})[0]
        own = {name.removeprefix(mark): value for name, value in state.items() if name.startswith(mark)}
        y, own = layer.step(intake, own)
        within.update({mark + name: value for name, value in own.items()})
        return y

    def _with(self, own: Tensor, message: Tensor | None) -> Tensor:
        if message is None:
            return own
        return own + message if self.config.callosum == "released" else torch.cat([own, message], dim=-1)

    def _drive(self, outputs: list[Tensor]) -> Tensor:
        """What goes to the actuators, before it is squashed."""
        if self.config.drive == "crossed":
            own = [readout(output) for readout, output in zip(self.readouts, outputs, strict=True)]
            contra, ipsi = self.config.contralateral, self.config.ipsilateral
            return torch.cat([contra * own[1] + ipsi * own[0], contra * own[0] + ipsi * own[1]], dim=-1)
        if self.mix is None:
            return self.readouts[0](outputs[0])
        left, right = self.mix.abs().unbind()  # never negative, as released, but its gradient does not die at zero
        return self.readouts[0](left * outputs[0] + right * outputs[1])


def _split(activity: Tensor, units: tuple[int, ...]) -> tuple[Tensor, ...]:
    ends = list(accumulate(units))
    return tuple(activity[..., end - n : end] for n, end in zip(units, ends, strict=True))


def _readout(units: int, actions: int, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(units, actions)
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer
