"""Two hemispheres, a callosum and an output: every variant is one class and a configuration."""

from itertools import accumulate
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError, UnknownNameError

from ..controller import Controller, flat_observation
from ..normaliser import Normaliser
from ..spec import ControllerSpec, Obs, State
from .callosum import Fibres, Pooled, Silent, Tract
from .config import BilateralConfig
from .cores import CORES

Hemisphere = Literal["left", "right", "shared"]
SITES = ("left", "right", "left_input", "right_input", "callosum", "callosum_to_left", "callosum_to_right")
"""What can be lesioned: what a side sends out, what it senses, and the callosum, both ways or one."""


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
        self._lesions: dict[str, float] = {}

    def _tract(self, sender: tuple[int, ...], generator: torch.Generator) -> list[Tract]:
        """The fibres that one side sends, layer by layer, to the layer after it."""
        if not self._joined:
            return [Silent() for _ in sender[:-1]]
        if self.config.callosum == "released":
            return [Pooled() for _ in sender[:-1]]
        gated = self.config.callosum == "gated"
        return [Fibres(units, self.config.fibres or units, gated, generator) for units in sender[:-1]]

    def _stack(self, units: tuple[int, ...], tract: list[Tract], generator: torch.Generator) -> list[nn.Module]:
        core = CORES[self.config.core]
        layers: list[nn.Module] = []
        for k, width in enumerate(units):
            crossing = tract[k - 1].size if self._joined and k else 0
            inputs = self.spec.observation_size if k == 0 else units[k - 1] + crossing
            layers.append(core(inputs, width, generator))
        return layers

    def lesion(self, **severity: float) -> None:
        """Damage what is named, from 0 (intact) to 1 (gone), from the next forward on; see `SITES`.

        Lesions are no parameters: they are neither learned nor saved, and sites that are not named stay as they are.

        Raises:
            UnknownNameError: no such site, in anyone or in this controller.
            ConfigError: a severity outside [0, 1].
        """
        present = [site for site in SITES if self._has(site)]
        for site, value in severity.items():
            if site not in present:
                raise UnknownNameError("site to lesion", site, present)
            if not 0 <= value <= 1:
                raise ConfigError(f"A lesion's severity lies in [0, 1]; that of {site!r} is {value}.")
        self._lesions.update(severity)

    def heal(self) -> None:
        """Undo all lesions."""
        self._lesions.clear()

    def _has(self, site: str) -> bool:
        if site.startswith("callosum"):
            return self._joined
        return bool(self.config.left if site.startswith("left") else self.config.right)

    def _intact(self, *sites: str) -> float:
        share = 1.0
        for site in sites:
            share *= 1 - self._lesions.get(site, 0.0)
        return share

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
        if self.delay_steps and self._joined:
            state["callosum"] = like.new_zeros(batch, self.delay_steps, left + right)
        return state

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The actions of this control step, and the activity that gave rise to them."""
        sensed = self.normaliser(flat_observation(self.spec, obs))
        left, right = self._activity(sensed, state)
        after = {name: torch.cat(layers, dim=-1) for name, layers in (("left", left), ("right", right)) if layers}
        if "callosum" in state:
            newest = torch.cat([after["left"], after["right"]], dim=-1).unsqueeze(-2)
            after["callosum"] = torch.cat([state["callosum"][..., 1:, :], newest], dim=-2)
        outputs = [layers[-1] * self._intact(side) for side, layers in (("left", left), ("right", right)) if layers]
        return torch.tanh(self._drive(outputs) / 2), after  # a sigmoid, stretched from (0, 1) to (-1, 1)

    def _activity(self, sensed: Tensor, state: State) -> tuple[list[Tensor], list[Tensor]]:
        """What each layer of each side does now, the sides in step so that layers can hear of each other."""
        sizes = {"left": self.config.left, "right": self.config.right}
        last = {side: _split(state[side], size) if size else () for side, size in sizes.items()}
        if "callosum" in state:
            arrived = state["callosum"][..., 0, :].split([sum(self.config.left), sum(self.config.right)], dim=-1)
            heard = [_split(a, size) for a, size in zip(arrived, sizes.values(), strict=True)]
        else:
            heard = None
        left: list[Tensor] = []
        right: list[Tensor] = []
        for k in range(max(len(self.left), len(self.right))):
            from_left, from_right = heard if heard is not None else (left, right)
            into_left = into_right = None
            if k and self._joined:
                into_left = self._cross(self.to_left[k - 1], from_right[k - 1], "left")
                into_right = self._cross(self.to_right[k - 1], from_left[k - 1], "right")
            if k < len(self.left):
                intake = left[k - 1] if k else sensed * self._intact("left_input")
                left.append(self.left[k](self._with(intake, into_left), last["left"][k]))
            if k < len(self.right):
                intake = right[k - 1] if k else sensed * self._intact("right_input")
                right.append(self.right[k](self._with(intake, into_right), last["right"][k]))
        return left, right

    def _cross(self, tract: nn.Module, other: Tensor, to: str) -> Tensor:
        return tract(other) * self._intact("callosum", f"callosum_to_{to}")

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
