"""What one hemisphere hears of the other: the corpus callosum."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...layers import linear


class Tract(nn.Module, ABC):
    """What crosses from one layer of one side to the next layer of the other."""

    size: int = 0
    """How many numbers are set beside the receiver's own; 0 where nothing is, or what arrives is added."""

    @abstractmethod
    def forward(self, other: Float[Tensor, "batch units"]) -> Tensor:
        """What arrives of the other side's activity."""


class Silent(Tract):
    """No callosum."""

    def forward(self, other: Float[Tensor, "batch units"]) -> Tensor:
        """Nothing."""
        return other[:, :0]


class Pooled(Tract):
    """As released with arXiv 2401.14057: the larger of each two neighbours, untrained; zeros in front fill the width.

    The released code adds this to the receiving side's own activity.
    """

    def forward(self, other: Float[Tensor, "batch units"]) -> Tensor:
        """Activity as wide as the other side's."""
        half = other.shape[-1] // 2
        pooled = torch.maximum(other[:, 0 : 2 * half : 2], other[:, 1 : 2 * half : 2])
        return nn.functional.pad(pooled, (other.shape[-1] - half, 0))


class Fibres(Tract):
    """Learned fibres from one side to the other.

    Args:
        units: neurons that send.
        fibres: how many numbers cross in a control step: the bandwidth.
        gated: whether the sending side opens and closes each fibre.
    """

    def __init__(self, units: int, fibres: int, gated: bool, generator: torch.Generator) -> None:
        super().__init__()
        self.size = fibres
        self.axons = linear(units, fibres, 1.0, generator)
        self.gates = linear(units, fibres, 1.0, generator) if gated else None

    def forward(self, other: Float[Tensor, "batch units"]) -> Tensor:
        """What arrives, `(batch, fibres)`."""
        sent = self.axons(other)
        return sent if self.gates is None else sent * torch.sigmoid(self.gates(other))


CALLOSA: dict[str, Callable[[int, int, torch.Generator], Tract]] = {
    "none": lambda units, fibres, generator: Silent(),
    "released": lambda units, fibres, generator: Pooled(),
    "linear": lambda units, fibres, generator: Fibres(units, fibres, False, generator),
    "gated": lambda units, fibres, generator: Fibres(units, fibres, True, generator),
}
"""By name, as `BilateralConfig.callosum` has it: from sending units, fibres and generator to what crosses."""
