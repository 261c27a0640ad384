"""What every table holds a network against: no neurons, no learning."""

import importlib
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from innervate.errors import MissingExtraError

from .percept import Recogniser
from .preprocess import grey, patch_normalised_pixels, resize


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


class HogCosine(Cosine):
    """Cosine of histograms of oriented gradients (Dalal and Triggs, 2005; scikit-image's) at 64 x 64 pixels."""

    def features(self, images: UInt8[np.ndarray, "image height width *rgb"]) -> Float[np.ndarray, "image feature"]:
        """HOG: 9 orientations, 8 x 8 pixels a cell, 2 x 2 cells a block."""
        try:
            hog: Any = importlib.import_module("skimage.feature").hog
        except ImportError as error:
            raise MissingExtraError("scikit-image", "place") from error
        squares = resize(grey(images), (64, 64))
        return np.stack([hog(x, 9, (8, 8), (2, 2), feature_vector=True) for x in squares]).astype(np.float32)


class Chance(Recogniser):
    """A fair die: the floor of every table."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def _fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None:
        self._count = len(images)

    def _scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]:
        return self._rng.random((len(images), self._count))
