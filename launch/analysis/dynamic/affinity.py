"""Differential affinity of two traces at an instant: high while both change together, in either direction.

After the abstract of Dyballa et al. (2024, arXiv 2402.14102), whose exact formula could not be read. Here it is the
local mean of the product of both slopes, over what two traces of the same kind have in common by chance: traces that
change a lot without each other have none.
"""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from innervate.errors import ConfigError

CHANCE = 1.0
"""Standard deviations of the shifted traces' products from which an affinity begins."""


def slopes(
    activity: Float[np.ndarray, "step neuron"], step_s: float, smooth_s: float
) -> Float[np.ndarray, "step neuron"]:
    """Slope of each smoothed trace, over its root mean square."""
    if not smooth_s > 0:
        raise ConfigError(f"Traces are smoothed over a time above 0 s, got {smooth_s}.")
    slope = gaussian_filter1d(activity, smooth_s / step_s, axis=0, order=1)
    return slope / np.maximum(np.sqrt((slope**2).mean(axis=0)), 1e-300)


def affinities(
    activity: Float[np.ndarray, "step neuron"], step_s: float, smooth_s: float = 0.3, over_s: float = 2.0
) -> Float[np.ndarray, "pair step"]:
    """Of all pairs, in the order of `numpy.triu_indices(neurons, 1)`.

    Args:
        activity: of neurons that all change.
        step_s: between two rows.
        smooth_s: standard deviation of the filter before slopes are taken.
        over_s: standard deviation of the local mean of their products.
    """
    if not over_s > 0:
        raise ConfigError(f"Products are averaged over a time above 0 s, got {over_s}.")
    slope = slopes(activity, step_s, smooth_s)
    i, j = np.triu_indices(activity.shape[1], 1)
    wide = over_s / step_s
    local = np.sqrt(gaussian_filter1d(slope**2, wide, axis=0)) + 1e-9

    def likeness(other: Float[np.ndarray, "step neuron"], size: Float[np.ndarray, "step neuron"]) -> np.ndarray:
        return gaussian_filter1d(slope[:, i] * other[:, j], wide, axis=0) / (local[:, i] * size[:, j])

    half = len(slope) // 2
    chance = likeness(np.roll(slope, half, axis=0), np.roll(local, half, axis=0)).std()
    together = np.abs(likeness(slope, local))
    return np.maximum(together - CHANCE * chance, 0).T
