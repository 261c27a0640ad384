"""Cosine of features: what recognisers without neurons share."""

import numpy as np
from jaxtyping import Float, UInt8

from ..images.preprocess import patch_normalised_pixels
from ..percept import Recogniser


class Cosine(Recogniser):
    """Cosine of the patch-normalised pixels; score -1 to 1. A child with other features overrides `features`."""

    def features(self, images: UInt8[np.ndarray, "image height width *rgb"]) -> Float[np.ndarray, "image feature"]:
        """What is compared; an all-zero row is at right angles to everything."""
        pixels = patch_normalised_pixels(images).reshape(len(images), -1)
        return pixels.astype(np.float32) / 127.5 - 1.0

    def _unit(self, images: UInt8[np.ndarray, "image height width *rgb"]) -> Float[np.ndarray, "image feature"]:
        x = self.features(images)
        length = np.linalg.norm(x, axis=1, keepdims=True)
        return x / np.where(length > 0, length, 1.0)

    def _fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None:
        self._places = self._unit(images)

    def _scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]:
        return self._unit(images) @ self._places.T
