"""Which side is better, and whether that depends on the task; statistics over seeds."""

import numpy as np
from jaxtyping import Float

PerSeed = Float[np.ndarray, "seed"]


def laterality_index(dominant: PerSeed, non_dominant: PerSeed) -> PerSeed:
    """(D - N) / (D + N) of a cost: negative where the dominant side is better."""
    return (dominant - non_dominant) / (dominant + non_dominant)


def bootstrap(differences: PerSeed, resamples: int = 10000, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean of paired differences, by resampling the pairs."""
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(differences), size=(resamples, len(differences)))
    low, high = np.quantile(differences[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def interaction(reach_dominant: PerSeed, reach_other: PerSeed, hold_dominant: PerSeed, hold_other: PerSeed) -> PerSeed:
    """Task x hemisphere, on the laterality index: positive where each side is better at the task that is its own."""
    return laterality_index(hold_dominant, hold_other) - laterality_index(reach_dominant, reach_other)
