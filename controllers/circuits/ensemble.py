"""The baseline that bilateral nets have lost to (arXiv 2209.06862): independent controllers, averaged."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..controller import Controller
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State
from .bilateral.controller import BilateralConfig


@dataclass(frozen=True, kw_only=True)
class EnsembleConfig:
    """Independent unilateral controllers whose actions are averaged."""

    members: int = 2
    """How many."""
    units: tuple[int, ...] = (24, 24)
    """Units of each layer of each member."""
    core: str = "gru"
    """What a layer is made of, as in `bilateral`."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Ensemble":
        """Build for any body."""
        if self.members < 1:
            raise ConfigError(f"An ensemble has at least one member; members={self.members} was given.")
        one = BilateralConfig(left=self.units, right=(), core=self.core, callosum="none")
        return Ensemble([one.build(spec, generator) for _ in range(self.members)])


class Ensemble(Controller):
    """The mean action of controllers for the same body. State: theirs, each name led by the member's number."""

    recurrence = "learned"

    def __init__(self, members: Sequence[Controller]) -> None:
        if not members or any(member.spec != members[0].spec for member in members):
            raise ConfigError("An ensemble is made of at least one controller, all for the same body.")
        super().__init__(members[0].spec)
        self.members = nn.ModuleList(members)

    def _controllers(self) -> list[Controller]:
        return [member for member in self.members if isinstance(member, Controller)]

    def initial_state(self, batch: int) -> State:
        """Each member's own."""
        return {
            f"{i}.{name}": value
            for i, member in enumerate(self._controllers())
            for name, value in member.initial_state(batch).items()
        }

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The mean action, and the state of every member."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Parts: those of each member, led by its number, `0/left.1`."""
        actions: list[Tensor] = []
        after: State = {}
        for i, member in enumerate(self._controllers()):
            mark = f"{i}."
            own = {name.removeprefix(mark): value for name, value in state.items() if name.startswith(mark)}
            action, own = member.run(obs, own, touch.within(f"{i}/"))
            actions.append(action)
            after.update({mark + name: value for name, value in own.items()})
        return torch.stack(actions).mean(dim=0), after
