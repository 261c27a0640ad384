"""Place fields on a ring: where each unit fires, and whether it comes to fire earlier."""

import numpy as np
from jaxtyping import Float

Tuning = Float[np.ndarray, "position unit"]


def centres(tuning: Tuning) -> Float[np.ndarray, "unit"]:
    """Circular centre of mass of each unit's activity above its minimum, in positions; NaN for a flat unit."""
    positions = len(tuning)
    above = tuning - tuning.min(axis=0)
    angle = np.exp(2j * np.pi * np.arange(positions) / positions)
    mass = above.sum(axis=0)
    mean = np.divide(angle @ above, mass, out=np.full(len(mass), np.nan, complex), where=mass > 0)
    return np.angle(mean) % (2 * np.pi) * positions / (2 * np.pi)


def backward_shift(before: Tuning, after: Tuning) -> Float[np.ndarray, "unit"]:
    """How far each unit's field has moved against the direction of travel (ascending positions), within half a ring."""
    positions = len(before)
    moved = centres(before) - centres(after)
    return (moved + positions / 2) % positions - positions / 2
