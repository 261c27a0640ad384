"""Splitter cells: does activity at one and the same place tell where the animal is going?"""

import numpy as np
from jaxtyping import Float

Walk = Float[np.ndarray, "position unit"]


def condition_correlation(left: Walk, right: Walk) -> Float[np.ndarray, "position"]:
    """Correlation over units, at each position of a shared path, of the activity on the way left and right.

    1 where the two cannot be told apart; lower where units split (Fang and Stachenfeld 2024, after Wood et al. 2000).
    0 where all units are alike.
    """
    a, b = (walk - walk.mean(axis=1, keepdims=True) for walk in (left, right))
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.divide((a * b).sum(axis=1), scale, out=np.zeros(len(a)), where=scale > 0)
