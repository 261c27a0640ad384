"""What a local rule of plasticity is, and the rules by name."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.configurations import Configurations
from innervate.errors import ConfigError

from .spec import State

__all__ = ["RULES", "Rule", "RuleConfig", "check_rate"]


class Rule(nn.Module, ABC):
    """How the synapses from `pre` neurons onto `post` others change, from what each of them knows itself.

    A rule is a pure function: what it remembers (traces, means, its own rate) is a state that is handed in and out,
    every row of a batch by itself. What a learner may tune are the parameters of the module.
    """

    spikes: bool = False
    """Whether activities are spikes, 0 or 1 in each step, instead of rates."""

    whole: bool = False
    """Whether the weight that it is told is the whole one, slow and fast together, instead of what it wrote itself."""

    def __init__(self, pre: int, post: int) -> None:
        super().__init__()
        self.pre, self.post = pre, post

    def zero(self, batch: int) -> State:
        """What it remembers at first; every tensor has a leading batch axis."""
        del batch
        return {}

    @abstractmethod
    def change(
        self,
        pre: Float[Tensor, "batch pre"],
        post: Float[Tensor, "batch post"],
        weight: Float[Tensor, "batch pre post"],
        modulator: Float[Tensor, "batch post"],
        state: State,
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Change of each weight in one step, and what the next step begins from.

        `modulator` is the third factor as it reaches each postsynaptic neuron (reward, need, error); 1 where nothing
        is said, and at 0 no weight changes.
        """


@runtime_checkable
class RuleConfig(Protocol):
    """A frozen dataclass that builds one kind of rule."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> Rule:
        """The rule for so many neurons on either side and that time step; random coefficients from `generator`."""
        ...


def check_rate(config: RuleConfig, *names: str) -> None:
    """Raise `ConfigError` where one of these fields is not a finite number of 0 or more."""
    for name in names:
        value = getattr(config, name)
        if not 0 <= value < float("inf"):
            raise ConfigError(f"{type(config).__name__}.{name} is a finite number of 0 or more, got {value}.")


RULES: Configurations[RuleConfig] = Configurations(
    "rule of plasticity",
    group="innervate.plasticity",
    package="innervate.controllers.plasticity",
    folder=Path(__file__).parent / "plasticity",
    contract=RuleConfig,
)
"""By name: the files of `plasticity/`, and what others bring."""
