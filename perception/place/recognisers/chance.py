"""A fair die: the floor of every table."""

import numpy as np
from jaxtyping import Float, UInt8

from ..percept import Recogniser


class Chance(Recogniser):
    """A fair die: the floor of every table."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)

    def _fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None:
        self._count = len(images)

    def _scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]:
        return self._rng.random((len(images), self._count))
