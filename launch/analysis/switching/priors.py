"""Beliefs about interactions before a state is seen: nothing, a graph that the states share, or a given wiring."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError

SPREAD = 1 / 3
"""Standard deviation of a state's weights around what is common (Li et al., ICLR 2024)."""
ABSENT_SPREAD = 0.1
"""Of weights where the anatomy has no synapse: indirect paths still show."""

Weights = Float[np.ndarray, "state neuron input"]


class Prior(Protocol):
    """A Gaussian belief about the weights, which may move as they do; the constant input is left free."""

    def around(self, weights: Weights) -> tuple[Weights, Weights]:
        """Centre and precision for the next step of these weights."""
        ...


@dataclass(frozen=True)
class NoPrior:
    """Every state for itself."""

    def around(self, weights: Weights) -> tuple[Weights, Weights]:
        """No precision at all."""
        return np.zeros_like(weights), np.zeros_like(weights)


@dataclass(frozen=True)
class SharedGaussian:
    """States are variations of one graph, their mean, which is learnt with them."""

    def around(self, weights: Weights) -> tuple[Weights, Weights]:
        """The mean over states."""
        centre = np.broadcast_to(weights.mean(axis=0), weights.shape).copy()
        return centre, _free_constant(np.full_like(weights, SPREAD**-2))


@dataclass(frozen=True)
class Anatomy:
    """States are variations of a known wiring, of which only the overall strength is learnt.

    Args:
        wiring: synapse from column to row, signed, 0 where there is none; in any unit.
    """

    wiring: Float[np.ndarray, "neuron neuron"]

    def __post_init__(self) -> None:
        if not np.isfinite(self.wiring).all() or not self.wiring.any():
            raise ConfigError("The anatomy needs finite weights, and a synapse between neurons that were recorded.")

    def around(self, weights: Weights) -> tuple[Weights, Weights]:
        """The wiring, scaled to the mean of the states; tight where it has no synapse."""
        mean = weights.mean(axis=0)[:, :-1]
        known = self.wiring / np.abs(self.wiring).max()
        strength = max(float((mean * known).sum() / (known**2).sum()), 0.0)
        centre, precision = np.zeros_like(weights), np.empty_like(weights)
        centre[:, :, :-1] = strength * known
        precision[:, :, :-1] = np.where(known != 0, SPREAD**-2, ABSENT_SPREAD**-2)
        return centre, _free_constant(precision)


def _free_constant(precision: Weights) -> Weights:
    precision[:, :, -1] = 0.0
    return precision
