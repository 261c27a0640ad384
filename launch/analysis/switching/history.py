"""What each neuron's past tells: activity filtered by a short exponential kernel."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

KERNEL_STEPS, KERNEL_DECAY = 5, 1.0


def kernel(steps: int = KERNEL_STEPS, decay: float = KERNEL_DECAY) -> Float[np.ndarray, "lag"]:
    """Weights of the last steps, the latest first, that add up to 1: 0.636, 0.234, 0.086, 0.032, 0.012."""
    weights = np.exp(-decay * np.arange(steps))
    return weights / weights.sum()


def history(activity: Float[np.ndarray, "step neuron"]) -> Float[np.ndarray, "step neuron"]:
    """The filtered past of every neuron at every step, the present left out; nothing was before the first step."""
    past = np.zeros(activity.shape)
    for lag, weight in enumerate(kernel(), 1):
        past[lag:] += weight * activity[:-lag]
    return past


def design(sequences: Sequence[Float[np.ndarray, "_ neuron"]]) -> Float[np.ndarray, "step input"]:
    """All sequences below one another: the filtered past of every neuron, and a constant 1 last."""
    past = np.concatenate([history(one) for one in sequences])
    return np.concatenate([past, np.ones((len(past), 1))], axis=1)
