"""How well a posture was held: measures of positional stability, one number a trial.

Hand paths are `(time, trial, 2)` in metres, sampled every `dt_s` seconds, the start included.
"""

import numpy as np
from jaxtyping import Float

from innervate.launch.analysis.measures.ellipse import Ellipse

Path = Float[np.ndarray, "time trial 2"]
PerTrial = Float[np.ndarray, "trial"]


def displacement(path: Path) -> Float[np.ndarray, "time trial"]:
    """From where the hand was at the start, m."""
    return np.linalg.norm(path - path[0], axis=-1)


def peak_displacement(path: Path) -> PerTrial:
    """m."""
    return displacement(path).max(axis=0)


def time_to_return(path: Path, dt_s: float, share: float = 0.5) -> PerTrial:
    """From the peak to the last time that the hand is further away than a share of it, s; to the end if it stays."""
    away = displacement(path)
    peak = away.max(axis=0)
    outside = away > share * peak
    last = len(path) - 1 - np.argmax(outside[::-1], axis=0)
    return (last - np.argmax(away, axis=0)) * dt_s


def steady_state_error(path: Path, dt_s: float, window_s: float = 0.1) -> PerTrial:
    """Mean displacement over the last of the trial, m."""
    return displacement(path)[-max(round(window_s / dt_s), 1) :].mean(axis=0)


def drift_speed(path: Path, dt_s: float, window_s: float = 0.1) -> PerTrial:
    """Mean speed over the last of the trial, m/s."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=-1) / dt_s
    return steps[-max(round(window_s / dt_s), 1) :].mean(axis=0)


def sway(path: Path) -> list[Ellipse]:
    """For each trial, the ellipse (m) that holds 95 % of a normal distribution with the path's covariance."""
    centred = path - path.mean(axis=0)
    covariance = np.einsum("kni,knj->nij", centred, centred) / (len(path) - 1)
    chi_square_95 = -2 * np.log(0.05)  # of two degrees of freedom
    variances, axes = np.linalg.eigh(covariance)
    radii = np.sqrt(chi_square_95 * np.maximum(variances, 0))
    return [Ellipse.of(r[::-1], v[:, ::-1]) for r, v in zip(radii, axes, strict=True)]


def sway_area(path: Path) -> PerTrial:
    """Area of the `sway` ellipse, m^2."""
    return np.array([ellipse.area for ellipse in sway(path)])


def co_contraction(
    excitation: Float[np.ndarray, "time trial muscle"], pairs: tuple[tuple[int, int], ...] = ((0, 1), (2, 3), (4, 5))
) -> PerTrial:
    """Mean over time and antagonist pairs of what both do: twice the lesser over the sum (0 to 1)."""
    both = [np.minimum(excitation[..., a], excitation[..., b]) for a, b in pairs]
    total = [excitation[..., a] + excitation[..., b] for a, b in pairs]
    return np.mean([2 * b / np.maximum(t, 1e-9) for b, t in zip(both, total, strict=True)], axis=(0, 1))
