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


def skewness(tuning: Tuning) -> Float[np.ndarray, "unit"]:
    """Skewness of each field about its centre: negative where its tail lies behind (Mehta, Quirk and Wilson 2000)."""
    positions = len(tuning)
    above = tuning - tuning.min(axis=0)
    away = np.arange(positions)[:, None] - centres(tuning)
    away = (away + positions / 2) % positions - positions / 2
    mass = above.sum(axis=0)
    second, third = ((away**power * above).sum(axis=0) / np.where(mass > 0, mass, np.nan) for power in (2, 3))
    return third / second**1.5
