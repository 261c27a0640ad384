"""An ellipse about a place: how far something sways, or how stiffly it resists, by direction."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Ellipse:
    """Half axes and orientation."""

    major: float
    minor: float
    angle_rad: float
    """Of the major axis, from x (right) to y (ahead), in [0, pi)."""

    @classmethod
    def of(cls, half_axes: Float[np.ndarray, "2"], directions: Float[np.ndarray, "2 2"]) -> "Ellipse":
        """From half axes, the longer first, and the directions of both as columns."""
        x, y = directions[:, 0]
        return cls(float(half_axes[0]), float(half_axes[1]), math.atan2(y, x) % math.pi)

    @property
    def area(self) -> float:
        """In the square of the unit of the axes."""
        return math.pi * self.major * self.minor

    @property
    def elongation(self) -> float:
        """Major over minor axis; 1 for a circle."""
        return self.major / max(self.minor, 1e-300)
