"""Sum of absolute differences of patch-normalised pixels: what SeqSLAM compares."""

import numpy as np
from jaxtyping import Float, UInt8

from ..images.preprocess import patch_normalised_pixels
from ..percept import Recogniser


class SumOfAbsoluteDifferences(Recogniser):
    """SAD on the very pixels that the paper's network sees (SeqSLAM, 2012); score in minus grey levels."""

    def __init__(self, side: int = 28, patch: int = 7) -> None:
        self.side, self.patch = side, patch

    def _pixels(self, images: UInt8[np.ndarray, "image height width *rgb"]) -> Float[np.ndarray, "image pixel"]:
        return patch_normalised_pixels(images, self.side, self.patch).reshape(len(images), -1).astype(np.float32)

    def _fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None:
        self._places = self._pixels(images)

    def _scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]:
        return np.stack([-np.abs(self._places - q).mean(1) for q in self._pixels(images)])
