"""A swimmer with a reflex that steers it up an odour: klinotaxis, by what the head smells as it sways.

As C. elegans does it (Iino and Yoshida 2009; Izquierdo and Lockery 2010): where the odour rises while the head moves to
one side, the body turns to that side. Five weights on top of any swimming circuit.
"""

import math
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..controller import Controller
from ..probe import UNTOUCHED, Touch
from ..registry import ControllerConfig
from ..spec import ControllerSpec, Obs, State
from .ncap import NCAPConfig

FAINTEST = 1e-4
"""Concentration below which nothing is smelt."""


@dataclass(frozen=True, kw_only=True)
class KlinotaxisConfig:
    """Which circuit swims, and how strong the reflex is at first."""

    swimmer: ControllerConfig = field(default_factory=NCAPConfig)
    """The circuit that swims; it feels what is no odour."""
    gain: float = -0.4
    """Initial strength of the turn to the side on which the odour rises. The sign is the swimmer's: `ncap` turns left
    when its head is driven to the negative side, the entrained circuit of `wiring` when it is to the positive one. A
    head that is driven by more than half of its limit no longer swims."""
    memory_s: float = 1.5
    """Initial time over which the sides are compared."""
    train_swimmer: bool = False
    """Whether the circuit that swims is trained too."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Klinotaxis":
        """For a body that tells `odour` and `body_velocity`, or one whose odour is one that is always 0."""
        return Klinotaxis(spec, self, generator)


class Klinotaxis(Controller):
    """State: the swimmer's under `swimmer/name`; `smelt` (batch, 1), the logarithm of the odour a step ago, once
    `begun` (batch, 1) is 1; `trend` (batch, 1), how fast it rises of late; `side` (batch, 1), whether it rises to the
    left (positive).
    """

    recurrence = "learned"

    def __init__(self, spec: ControllerSpec, config: KlinotaxisConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        told = {channel.name for channel in spec.observations}
        self._smells = "odour" in told
        if "body_velocity" not in told:
            raise ConfigError(f"A reflex on the sway of the head needs body_velocity; the body tells {sorted(told)}.")
        if config.memory_s <= 0:
            raise ConfigError(f"The sides are compared over some time; memory_s={config.memory_s} came.")
        self._felt = tuple(c for c in spec.observations if c.name in ("joint_angle", "body_velocity"))
        own = ControllerSpec(
            observations=self._felt, action_size=spec.action_size, control_step_s=spec.control_step_s
        )
        self.swimmer = config.swimmer.build(own, generator).requires_grad_(config.train_swimmer)
        self.bend = nn.Parameter(torch.tensor([config.gain, config.gain / 2]))
        self.log_memory = nn.Parameter(torch.tensor(math.log(config.memory_s)))
        self.log_sense = nn.Parameter(torch.tensor(0.0))
        self.pirouette = nn.Parameter(torch.tensor(0.0))

    def initial_state(self, batch: int) -> State:
        """It has smelt nothing yet."""
        own = {f"swimmer/{k}": v for k, v in self.swimmer.initial_state(batch).items()}
        return {**own, "smelt": torch.zeros(batch, 1), "begun": torch.zeros(batch, 1), "trend": torch.zeros(batch, 1),
                "side": torch.zeros(batch, 1)}  # fmt: skip

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Swim, and bend to the side of the odour."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Parts: those of the swimmer under `swimmer/`, `side`, `trend`."""
        own = {k.removeprefix("swimmer/"): v for k, v in state.items() if k.startswith("swimmer/")}
        felt = {channel.name: obs[channel.name] for channel in self._felt}
        action, swum = self.swimmer.run(felt, own, touch.within("swimmer/"))
        sway = obs["body_velocity"][:, :1]  # of the head, to its left
        odour = obs["odour"] if self._smells else torch.zeros_like(sway)
        smelt = torch.log(odour + FAINTEST)
        step_s = self.spec.control_step_s
        rise = state["begun"] * (smelt - state["smelt"]) / step_s  # nothing before the first breath
        keep = torch.exp(-step_s / torch.exp(self.log_memory))
        trend = touch.part("trend", keep * state["trend"] + (1 - keep) * rise)
        side = touch.part("side", keep * state["side"] + (1 - keep) * (rise - trend) * sway)
        turn = torch.tanh(torch.exp(self.log_sense) * 20 * side)
        lost = torch.tanh(torch.relu(-trend))
        bent = torch.zeros_like(action)
        bent[:, :2] = turn * self.bend + lost * self.pirouette
        after = {**{f"swimmer/{k}": v for k, v in swum.items()}, "smelt": smelt, "trend": trend, "side": side,
                 "begun": torch.ones_like(smelt)}  # fmt: skip
        return touch.part("action", action + bent), after
