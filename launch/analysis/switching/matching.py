"""States have no names of their own: which of those found is which of those known."""

import numpy as np
from jaxtyping import Int
from scipy.optimize import linear_sum_assignment


def matched(
    found: Int[np.ndarray, "step"], known: Int[np.ndarray, "step"]
) -> tuple[dict[int, int], float]:
    """The known state that each found one is, by the pairing that agrees in most steps, and that share of steps.

    A found state beyond the number of known ones is left out of the pairing.
    """
    table = np.zeros((int(found.max()) + 1, int(known.max()) + 1), np.int64)
    np.add.at(table, (found, known), 1)
    rows, columns = linear_sum_assignment(-table)
    pairs = {int(f): int(k) for f, k in zip(rows, columns, strict=True)}
    return pairs, float(table[rows, columns].sum() / len(found))
