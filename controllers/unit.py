"""Activity between silence and saturation, with a gradient that saturation does not kill."""

from torch import Tensor

__all__ = ["LEAK", "unit"]

LEAK = 0.01
"""Share of the gradient that passes a saturated neuron; the activity itself is exactly the clipped one."""


def unit(x: Tensor) -> Tensor:
    """`x` clipped to [0, 1]. A silent neuron passes no gradient: nothing that it listens to has an effect."""
    y = x.clamp(0.0, 1.0)
    if not x.requires_grad:
        return y
    excess = (x - 1.0).relu()
    return y + LEAK * (excess - excess.detach())
