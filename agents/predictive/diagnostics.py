"""How much of a latent is in use."""

import numpy as np
from jaxtyping import Float

STILL = 1e-3
"""A unit whose deviation over a batch is below this is silent."""


def silent_fraction(latents: Float[np.ndarray, "batch latent"]) -> float:
    """Fraction of units that say the same whatever is observed."""
    return float((latents.std(axis=0) < STILL).mean())


def effective_rank(latents: Float[np.ndarray, "batch latent"]) -> float:
    """Participation ratio of the covariance, (sum)^2 / sum of squares: 1 to `latent`, 0 if all is still."""
    covariance = np.atleast_2d(np.cov(latents, rowvar=False))
    squares = float((covariance * covariance).sum())
    return float(np.trace(covariance)) ** 2 / squares if squares > 0 else 0.0
