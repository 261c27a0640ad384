"""Belief over places for a robot in the loop: predict from odometry, correct by place recognition, survive a kidnap.

A discrete Bayes (hidden Markov) filter over the places of a map (Thrun, Burgard and Fox, "Probabilistic Robotics",
2005, ch. 8); the topological filter of Xu, Vidal-Calleja and Milford (2021) has the same form.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from innervate.errors import ConfigError, NonFiniteError

from .sequences import standardised


@dataclass(frozen=True, kw_only=True)
class PlaceFilter:
    """The model of motion and of evidence; the belief itself is an argument and a result."""

    circular: bool = False
    """Whether the route closes upon itself."""
    kidnap_probability: float = 0.01
    """Chance per frame of finding oneself anywhere on the map; it is what lets a lost filter recover."""
    evidence_gain: float = 0.7
    """Log-likelihood per standard deviation by which a place's score exceeds the mean score. Less believes the odometer
    longer and a kidnap later."""

    def start(self, places: int) -> Float64[np.ndarray, "place"]:
        """The belief of one who has no idea."""
        if places < 1:
            raise ConfigError(f"A map has at least one place, not {places}.")
        return np.full(places, 1 / places)

    def predict(
        self, belief: Float64[np.ndarray, "place"], moved: float, uncertainty: float
    ) -> Float64[np.ndarray, "place"]:
        """Belief after a motion of `moved` places (negative: backwards), known to a standard deviation of places.

        Off an open route's ends there is nowhere to go: what would move there stays at the end.
        """
        n = len(belief)
        low = int(np.floor(moved))
        share = moved - low  # a fraction of a place is split between its neighbours, so that the mean is kept
        reach = int(np.ceil(4 * uncertainty))
        spread = np.arange(-reach, reach + 1)
        bell = np.exp(-0.5 * (spread / max(uncertainty, 1e-9)) ** 2)
        weight = np.convolve(bell / bell.sum(), [1 - share, share])
        steps = low + np.arange(-reach, reach + 2)
        goal = np.arange(n)[:, None] + steps
        goal = goal % n if self.circular else np.clip(goal, 0, n - 1)
        after = np.bincount(goal.ravel(), (belief[:, None] * weight).ravel(), minlength=n)
        return (1 - self.kidnap_probability) * after + self.kidnap_probability / n

    def correct(
        self, belief: Float64[np.ndarray, "place"], scores: Float[np.ndarray, "place"]
    ) -> Float64[np.ndarray, "place"]:
        """Belief after the evidence of one image. Equal scores (a black frame) leave it as it was."""
        if not np.isfinite(scores).all():
            raise NonFiniteError(f"The score of place {int(np.argmin(np.isfinite(scores)))} is not finite.")
        log = self.evidence_gain * standardised(scores[None].astype(np.float64))[0].astype(np.float64)
        posterior = belief * np.exp(log - log.max())
        return posterior / posterior.sum()
