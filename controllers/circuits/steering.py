"""Steering by the fly's central complex: a bump of heading against a bump of goal, three groups of cells read both.

Mussells Pires, Zhang, Parache, Abbott and Maimon (2024), Nature 626:808; Westeinde et al. (2024), Nature 626:819. PFL3
cells of either side read the heading a little to their side and the goal: their difference turns the body. PFL2 cells
read the heading from behind: they say how far from the goal it faces, turn harder, and go slower.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError, UnknownNameError

from ..controller import Controller
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State

Kind = Literal["central-complex", "proportional", "on-off"]
FACES_RAD = 0.2
"""On-off steering goes where it faces the goal to this."""
ASIDE_RAD = math.radians(67.5)
"""How far the heading that PFL3 cells read is turned to their side (Westeinde et al.)."""


@dataclass(frozen=True, kw_only=True)
class SteeringConfig:
    """Drives two wheels, or bends a body, towards a direction that another circuit gives."""

    kind: Kind = "central-complex"
    """Plain counterparts: `proportional` turns by the angle between heading and goal; `on-off` turns as hard as it can
    until it faces the goal, and only then goes."""
    heading: str = "bump_heading"
    """Channel of cosine and sine of where it is headed."""
    goal: str = "search"
    """Channel of cosine and sine of where to go, and how surely, 0 to 1."""
    columns: int = 16
    """Cells of each group around the ring."""
    most_turn: float = 0.35
    """How much faster and slower than their mean the two sides go at most."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Steering":
        """For a body that tells both; one that is not told is 0, and nothing moves."""
        del generator
        if self.kind not in get_args(Kind):
            raise UnknownNameError("kind of steering", self.kind, get_args(Kind))
        if self.columns < 6 or self.most_turn <= 0:
            raise ConfigError(f"Steering has 6 columns or more, and turns: most_turn above 0; got {self}.")
        return Steering(spec, self)


class Steering(Controller):
    """No state. Parts: `heading`, `goal` (the bumps), `left`, `right`, `behind` (PFL3 of either side, PFL2), `wheels`.

    Parameters: how hard it turns, how fast it goes, how much harder it turns when it faces away.
    """

    def __init__(self, spec: ControllerSpec, config: SteeringConfig) -> None:
        super().__init__(spec)
        self.config = config
        sizes = {channel.name: channel.size for channel in spec.observations}
        for name, wanted in ((config.heading, 2), (config.goal, 3)):
            if sizes.get(name, wanted) != wanted:
                raise ConfigError(f"Steering reads {wanted} numbers as {name!r}; it is told {sizes[name]}.")
        self._heading = config.heading if config.heading in sizes else None
        self._goal = config.goal if config.goal in sizes else None
        self.gains = nn.Parameter(torch.tensor([0.6, 1.0, 0.5]))
        self.register_buffer("prefers", 2 * math.pi * torch.arange(config.columns) / config.columns)

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Left and right wheel, or the same as a bend of what there is."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """From bumps to wheels."""
        like = next(iter(obs.values()))
        headed = obs[self._heading] if self._heading else like.new_zeros(len(like), 2)
        goal = obs[self._goal] if self._goal else like.new_zeros(len(like), 3)
        sure = goal[:, 2:].clamp(0, 1)
        if self.config.kind == "central-complex":
            turn, ahead = self._circuit(headed, goal, touch)
        else:
            turn, ahead = self._plain(headed, goal)
        size = self.spec.action_size
        wheels = torch.cat([ahead - turn, ahead + turn], 1)
        wheels = touch.part("wheels", sure * wheels / wheels.abs().amax(1, keepdim=True).clamp(min=1))
        given = wheels if size == 2 else wheels[:, torch.arange(size, device=wheels.device) % 2]
        return given.clamp(-1, 1), state

    def _circuit(self, headed: Tensor, goal: Tensor, touch: Touch) -> tuple[Tensor, Tensor]:
        prefers = self.get_buffer("prefers")

        def bump(direction: Tensor, aside: float) -> Tensor:
            at = prefers - aside
            return 0.5 + 0.5 * (direction[:, :1] * at.cos() + direction[:, 1:2] * at.sin())

        heading, target = touch.part("heading", bump(headed, 0.0)), touch.part("goal", bump(goal, 0.0))
        shift = self._shifted(heading)
        left = touch.part("left", (shift(ASIDE_RAD) + target).square())
        right = touch.part("right", (shift(-ASIDE_RAD) + target).square())
        behind = touch.part("behind", (shift(math.pi) + target).square())
        # The mean square of two bumps is 5/4 + cos(angle between) / 4: sine and cosine of the error come out of it.
        sine = 4 * (left.mean(1, keepdim=True) - right.mean(1, keepdim=True)) / (2 * math.sin(ASIDE_RAD))
        away = ((1 + 4 * (behind.mean(1, keepdim=True) - 1.25)) / 2).clamp(0, 1)
        turn_gain, speed, harder = self.gains
        turn = turn_gain * sine * (1 + 4 * harder * away)
        # Right behind it the two sides balance: it turns to the left, rather than stand.
        turn = torch.where((away > 0.98) & (sine.abs() < 0.05), turn_gain.expand_as(turn), turn)
        return turn.clamp(-self.config.most_turn, self.config.most_turn), speed * (1 - 2 * away).clamp(min=0).square()

    def _shifted(self, bump: Tensor) -> Callable[[float], Tensor]:
        """The bump as cells read it that are wired from columns to one side: first harmonic, by columns' weights."""
        prefers, n = self.get_buffer("prefers"), self.config.columns
        excess = bump - 0.5

        def read(aside: float) -> Tensor:
            weights = 2 / n * torch.cos(prefers.unsqueeze(1) - prefers + aside)
            return 0.5 + excess @ weights

        return read

    def _plain(self, headed: Tensor, goal: Tensor) -> tuple[Tensor, Tensor]:
        cosine = (headed * goal[:, :2]).sum(1, keepdim=True)
        sine = headed[:, :1] * goal[:, 1:2] - headed[:, 1:2] * goal[:, :1]
        off, most = torch.atan2(sine, cosine), self.config.most_turn
        if self.config.kind == "on-off":
            faces = off.abs() <= FACES_RAD
            return torch.where(faces, off, most * off.sign()).clamp(-most, most), faces.to(off)
        return (0.6 * off).clamp(-most, most), cosine.clamp(min=0).square()
