"""Which side is better, and whether that depends on the task."""

import numpy as np
from jaxtyping import Float

PerSeed = Float[np.ndarray, "seed"]


def laterality_index(dominant: PerSeed, non_dominant: PerSeed) -> PerSeed:
    """(D - N) / (D + N) of a cost: negative where the dominant side is better."""
    return (dominant - non_dominant) / (dominant + non_dominant)


def interaction(reach_dominant: PerSeed, reach_other: PerSeed, hold_dominant: PerSeed, hold_other: PerSeed) -> PerSeed:
    """Task x hemisphere, on the laterality index: positive where each side is better at the task that is its own."""
    return laterality_index(hold_dominant, hold_other) - laterality_index(reach_dominant, reach_other)
