"""How activity follows from the past within a state: spike counts by a bounded Poisson rate, rates by a Gaussian."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float
from scipy.special import expit, gammaln

RIDGE = 1e-3
"""Precision of all weights beside the prior's: directions that the data never take stay finite."""
SCORING_STEPS = 3


class Emission(Protocol):
    """One family of observations; `weights` are (state, neuron, input), the constant input last."""

    def log_likelihood(
        self, seen: Float[np.ndarray, "step neuron"], inputs: Float[np.ndarray, "step input"],
        weights: Float[np.ndarray, "state neuron input"],
    ) -> Float[np.ndarray, "step state"]:
        """Of each step under each state."""
        ...

    def improve(
        self, seen: Float[np.ndarray, "step neuron"], inputs: Float[np.ndarray, "step input"],
        posterior: Float[np.ndarray, "step state"], weights: Float[np.ndarray, "state neuron input"],
        centre: Float[np.ndarray, "state neuron input"], precision: Float[np.ndarray, "state neuron input"],
    ) -> Float[np.ndarray, "state neuron input"]:
        """Weights that raise the expected log-likelihood plus the Gaussian prior around `centre`."""
        ...


def _solved(
    gram: Float[np.ndarray, "neuron input input"], right: Float[np.ndarray, "neuron input"]
) -> Float[np.ndarray, "neuron input"]:
    return np.linalg.solve(gram, right[..., None])[..., 0]


@dataclass(frozen=True)
class Poisson:
    """Counts a step with rate sigmoid(b + W h): bounded, so that simulations of it cannot run away."""

    def log_likelihood(
        self, seen: Float[np.ndarray, "step neuron"], inputs: Float[np.ndarray, "step input"],
        weights: Float[np.ndarray, "state neuron input"],
    ) -> Float[np.ndarray, "step state"]:
        """Of each step under each state."""
        drive = np.einsum("ti,sni->stn", inputs, weights, optimize=True)
        # log of the sigmoid, without overflow
        each = seen * -np.logaddexp(0, -drive) - expit(drive)
        return each.sum(axis=2).T - gammaln(seen + 1).sum(axis=1)[:, None]

    def improve(
        self, seen: Float[np.ndarray, "step neuron"], inputs: Float[np.ndarray, "step input"],
        posterior: Float[np.ndarray, "step state"], weights: Float[np.ndarray, "state neuron input"],
        centre: Float[np.ndarray, "state neuron input"], precision: Float[np.ndarray, "state neuron input"],
    ) -> Float[np.ndarray, "state neuron input"]:
        """Fisher scoring; a step that lowers the objective of a neuron in a state is halved once, then left out."""
        weights, precision = weights.copy(), precision + RIDGE
        for state in range(len(weights)):
            share = posterior[:, state, None]
            w, p, c = weights[state], precision[state], centre[state]
            value = self._objective(seen, inputs, share, w, c, p)
            for _ in range(SCORING_STEPS):
                rate = expit(inputs @ w.T)
                slope = share * (seen - rate) * (1 - rate)
                curve = share * rate * (1 - rate) ** 2
                gram = np.einsum("ti,tn,tj->nij", inputs, curve, inputs, optimize=True)
                gram[:, np.arange(w.shape[1]), np.arange(w.shape[1])] += p
                step = _solved(gram, slope.T @ inputs - p * (w - c))
                for size in (1.0, 0.5):
                    tried = w + size * step
                    reached = self._objective(seen, inputs, share, tried, c, p)
                    better = reached > value
                    w, value = np.where(better[:, None], tried, w), np.where(better, reached, value)
                    if better.all():
                        break
            weights[state] = w
        return weights

    @staticmethod
    def _objective(
        seen: Float[np.ndarray, "step neuron"], inputs: Float[np.ndarray, "step input"],
        share: Float[np.ndarray, "step one"], w: Float[np.ndarray, "neuron input"],
        centre: Float[np.ndarray, "neuron input"], precision: Float[np.ndarray, "neuron input"],
    ) -> Float[np.ndarray, "neuron"]:
        drive = inputs @ w.T
        data = (share * (seen * -np.logaddexp(0, -drive) - expit(drive))).sum(axis=0)
        return data - 0.5 * (precision * (w - centre) ** 2).sum(axis=1)


class Gaussian:
    """Rates with mean b + W h and a variance for each neuron, which is estimated on the way."""

    def __init__(self, seen: Float[np.ndarray, "step neuron"]) -> None:
        self.variance = np.maximum(seen.var(axis=0), 1e-12)
        self._least = 1e-6 * self.variance

    def log_likelihood(
        self, seen: Float[np.ndarray, "step neuron"], inputs: Float[np.ndarray, "step input"],
        weights: Float[np.ndarray, "state neuron input"],
    ) -> Float[np.ndarray, "step state"]:
        """Of each step under each state."""
        off = seen - np.einsum("ti,sni->stn", inputs, weights, optimize=True)
        return -0.5 * (off**2 / self.variance + np.log(2 * np.pi * self.variance)).sum(axis=2).T

    def improve(
        self, seen: Float[np.ndarray, "step neuron"], inputs: Float[np.ndarray, "step input"],
        posterior: Float[np.ndarray, "step state"], weights: Float[np.ndarray, "state neuron input"],
        centre: Float[np.ndarray, "state neuron input"], precision: Float[np.ndarray, "state neuron input"],
    ) -> Float[np.ndarray, "state neuron input"]:
        """In closed form, then the variances."""
        weights, precision, rest = weights.copy(), precision + RIDGE, np.zeros(seen.shape[1])
        for state in range(len(weights)):
            shared = posterior[:, state, None] * inputs
            gram = (shared.T @ inputs)[None] / self.variance[:, None, None]
            gram[:, np.arange(inputs.shape[1]), np.arange(inputs.shape[1])] += precision[state]
            right = (shared.T @ seen).T / self.variance[:, None] + precision[state] * centre[state]
            weights[state] = _solved(gram, right)
            rest += (posterior[:, state, None] * (seen - inputs @ weights[state].T) ** 2).sum(axis=0)
        self.variance = np.maximum(rest / len(seen), self._least)
        return weights
