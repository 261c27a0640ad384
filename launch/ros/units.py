"""Units on the wire, and numbers given once for all or one each."""

import math

import numpy as np

from innervate.errors import UnknownNameError
from innervate.launch.ros.bridge.errors import RobotFileError

UNITS: dict[str, float] = {
    "1": 1.0, "rad": 1.0, "m": 1.0, "s": 1.0, "rad/s": 1.0, "m/s": 1.0, "rad/s^2": 1.0, "m/s^2": 1.0, "N": 1.0,
    "N m": 1.0, "deg": math.pi / 180, "deg/s": math.pi / 180, "rpm": 2 * math.pi / 60, "mm": 1e-3, "mm/s": 1e-3,
    "cm": 1e-2, "g": 9.80665,
}  # fmt: skip
"""What one of a unit is in SI."""
Numbers = float | tuple[float, ...]
"""One for all, or one each."""


def factor_of(unit: str) -> float:
    """SI units in one of `unit`."""
    if unit not in UNITS:
        raise UnknownNameError("unit", unit, UNITS)
    return UNITS[unit]


def spread(values: Numbers, n: int, what: str) -> np.ndarray:
    """`values` as `(n,)`."""
    array = np.asarray(values, np.float64)
    if array.ndim == 1 and len(array) != n:
        raise RobotFileError(f"{what} has {len(array)} numbers for {n} entries; give one for all, or one each.")
    return np.broadcast_to(array, (n,)).copy()
