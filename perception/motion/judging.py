"""How right a told motion is, tick by tick and place by place."""

import numpy as np
from jaxtyping import Bool, Float, Int

from .films import Motions


def within(
    velocity: Float[np.ndarray, "*place 2"], label: Int[np.ndarray, "*place"], motions: Motions, degrees: float = 30.0
) -> Bool[np.ndarray, "*place"]:
    """Whether the direction lies within so many degrees of the true one; standing still is wrong."""
    true = motions.velocity[label]
    dot = (velocity * true).sum(axis=-1)
    size = np.linalg.norm(velocity, axis=-1) * np.linalg.norm(true, axis=-1)
    return (size > 0) & (dot >= np.cos(np.deg2rad(degrees) + 1e-6) * size)


def nearest(velocity: Float[np.ndarray, "*place 2"], motions: Motions) -> Int[np.ndarray, "*place"]:
    """The class whose velocity is nearest, speeds compared as ratios."""
    angle = np.arctan2(velocity[..., 1], velocity[..., 0])
    direction = np.round(angle / (2 * np.pi) * motions.directions).astype(int) % motions.directions
    size = np.maximum(np.linalg.norm(velocity, axis=-1), 1e-9)
    speed = np.abs(np.log(size[..., None] / np.array(motions.speeds))).argmin(axis=-1)
    return speed * motions.directions + direction
