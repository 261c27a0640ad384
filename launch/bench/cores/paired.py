"""Differences between two contestants that met the same seeds."""

import numpy as np
from jaxtyping import Float

from innervate.launch.run.statistics import student_interval


def less(
    mine: Float[np.ndarray, "seeds"], other: Float[np.ndarray, "seeds"], whose: str
) -> tuple[str, tuple[float, float]]:
    """Mean difference in words, and its 95 % interval; of a single seed the difference itself, twice."""
    differences = mine - other
    interval = student_interval(differences.tolist())
    if interval is None:
        only = float(differences[0])
        return f"less {whose} {only:.3g}, one seed", (only, only)
    low, high = interval
    return f"less {whose} {differences.mean():.3g}, 95 % interval {low:.3g} to {high:.3g}", interval
