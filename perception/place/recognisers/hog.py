"""Cosine of histograms of oriented gradients."""

import importlib
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from innervate.errors import MissingExtraError

from ..images.preprocess import grey, resize
from ._cosine import Cosine


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
