"""What a local rule of plasticity is, and the rules by name."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor

from innervate.registry import Catalogue, picker


class Rule(ABC):
    """How a synapse changes, from what it knows itself; no state, no parameters of its own."""

    @abstractmethod
    def change(
        self,
        pre: Float[Tensor, "batch pre"],
        post: Float[Tensor, "batch post"],
        weight: Float[Tensor, "batch pre post"],
        trace: Float[Tensor, "batch pre post"],
        modulator: Float[Tensor, "batch"],
    ) -> Float[Tensor, "batch pre post"]:
        """Change of each weight in one control step, before it is scaled by a rate."""


def _is_rule(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, Rule) and thing is not Rule


RULES: Catalogue[type[Rule]] = Catalogue(
    "rule of plasticity",
    group="innervate.plasticity",
    package="innervate.controllers.plasticity",
    folder=Path(__file__).parent / "plasticity",
    pick=picker("rule of plasticity", _is_rule, "Rule"),
)
"""By name: the files of `plasticity/`, and what others bring."""
