"""From how far the best place stands out to the probability that it is right."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64

from innervate.errors import ConfigError

MAX_NEWTON_STEPS = 100
RIDGE = 1e-6
"""On slope and offset; keeps them finite where right and wrong answers do not overlap at all."""


@dataclass(frozen=True)
class Calibration:
    """Platt's sigmoid: probability = 1 / (1 + exp(-(slope * margin + offset))).

    It keeps the order of confidences as long as the slope is positive, so precision-recall curves stay as they were.
    """

    slope: float
    offset: float

    def __call__(self, margin: Float[np.ndarray, "query"]) -> Float64[np.ndarray, "query"]:
        """Probability that each answer is right."""
        return _sigmoid(self.slope * margin.astype(np.float64) + self.offset)


def to_array(calibration: Calibration | None) -> Float64[np.ndarray, "_"]:
    """For a file: slope and offset, or nothing."""
    return np.array([] if calibration is None else [calibration.slope, calibration.offset], np.float64)


def from_array(array: Float64[np.ndarray, "_"]) -> Calibration | None:
    """What `to_array` wrote."""
    return Calibration(float(array[0]), float(array[1])) if array.size else None


def fit_calibration(margin: Float[np.ndarray, "query"], right: Bool[np.ndarray, "query"]) -> Calibration:
    """The most likely sigmoid on held-back answers; Newton's method.

    Targets are drawn in from 0 and 1 as Platt (1999) has it, so that a few answers that are all right do not make a
    certainty. Raises `ConfigError` without answers, or for margins that are not finite.
    """
    if len(margin) == 0:
        raise ConfigError("Confidence is calibrated on answers that are known to be right or wrong; none was given.")
    if not np.isfinite(margin).all():
        raise ConfigError("A margin that is not finite cannot be calibrated.")
    good, bad = int(right.sum()), int((~right).sum())
    target = np.where(right, (good + 1) / (good + 2), 1 / (bad + 2))
    x = np.stack([margin.astype(np.float64), np.ones(len(margin))], axis=1)
    found = np.array([0.0, np.log((good + 1) / (bad + 1))])
    loss = _loss(x, target, found)
    for _ in range(MAX_NEWTON_STEPS):
        p = _sigmoid(x @ found)
        slope = x.T @ (p - target) + RIDGE * found
        curvature = (x * (p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        scale = 1.0
        while scale > 1e-10 and _loss(x, target, found - scale * step) > loss:
            scale /= 2
        found = found - scale * step
        before, loss = loss, _loss(x, target, found)
        if before - loss < 1e-12 * max(1.0, abs(before)):
            break
    return Calibration(float(found[0]), float(found[1]))


def _sigmoid(z: Float64[np.ndarray, "query"]) -> Float64[np.ndarray, "query"]:
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def _loss(
    x: Float64[np.ndarray, "query 2"], target: Float64[np.ndarray, "query"], found: Float64[np.ndarray, "2"]
) -> float:
    z = x @ found
    return float((np.logaddexp(0, z) - target * z).sum() + RIDGE / 2 * (found @ found))


def expected_calibration_error(
    confidence: Float[np.ndarray, "query"], right: Bool[np.ndarray, "query"], bins: int = 10
) -> float:
    """Mean gap between confidence and the share that is right, over bins of equally many queries (as "adaptive" ECE).

    0 for a recogniser that is right as often as it says; queries of equal confidence may fall into different bins.
    """
    if len(confidence) == 0:
        raise ConfigError("Without answers there is no calibration error.")
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    gaps = [len(p) * abs(float(confidence[p].mean()) - float(right[p].mean())) for p in parts]
    return float(sum(gaps)) / len(order)
