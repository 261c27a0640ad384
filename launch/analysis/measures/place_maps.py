"""Where in its world a body is when a unit is active: maps by square bins, and how much place explains."""

import numpy as np
from jaxtyping import Float

BINS = 12
"""Of a map, along the longer side of what was visited."""

Activity = Float[np.ndarray, "sample unit"]
Positions = Float[np.ndarray, "sample 2"]
Maps = Float[np.ndarray, "unit y x"]


def place_maps(activity: Activity, position: Positions, bins: int = BINS) -> Maps:
    """Mean activity by square bin of the visited rectangle, y upwards; NaN where the body has not been."""
    cell = _cells(position, bins)
    rows, columns = cell.max(axis=0)[::-1] + 1
    flat = cell[:, 1] * columns + cell[:, 0]
    visits = np.bincount(flat, minlength=rows * columns)
    sums = np.array([np.bincount(flat, unit, rows * columns) for unit in activity.T])
    maps = np.divide(sums, visits, out=np.full(sums.shape, np.nan), where=visits > 0)
    return maps.reshape(len(sums), rows, columns)


def explained_by_place(activity: Activity, position: Positions, bins: int = BINS) -> Float[np.ndarray, "unit"]:
    """Share of each unit's variance that lies between the bins, 0 to 1; 0 for a unit that never changes.

    Not below about (visited bins - 1) / samples even where place says nothing.
    """
    maps, cell = place_maps(activity, position, bins), _cells(position, bins)
    rest = activity - maps[:, cell[:, 1], cell[:, 0]].T
    whole = activity.var(axis=0)
    return 1 - np.divide(np.square(rest).mean(axis=0), whole, out=np.ones(len(whole)), where=whole > 1e-12)


def _cells(position: Positions, bins: int) -> np.ndarray:
    low, span = position.min(axis=0), np.ptp(position, axis=0).max()
    return np.minimum(((position - low) / max(span, 1e-9) * bins).astype(int), bins - 1)
