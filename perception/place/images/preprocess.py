"""Pixels before any neuron: grey, resize, patch normalisation (VPRSNN, `tools/data_utils.py`, MIT licence)."""

from functools import cache

import numpy as np
from jaxtyping import Float, UInt8

GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""ITU-R BT.601 luma weights for R, G, B; both published networks use them."""


def grey(images: UInt8[np.ndarray, "image height width *rgb"]) -> Float[np.ndarray, "image height width"]:
    """Luma from 0 to 255 in single precision; grey images pass through."""
    if images.ndim == 3:
        return images.astype(np.float32)
    return images.astype(np.float32) @ GREY


@cache
def _bilinear(source: int, target: int) -> Float[np.ndarray, "target source"]:
    """Rows of interpolation weights between half-pixel centres, edges repeated, no antialiasing (as OpenCV's)."""
    centre = (np.arange(target) + 0.5) * source / target - 0.5
    low = np.floor(centre).astype(int)
    weight = (centre - low).astype(np.float32)
    matrix = np.zeros((target, source), dtype=np.float32)
    np.add.at(matrix, (np.arange(target), np.clip(low, 0, source - 1)), 1 - weight)
    np.add.at(matrix, (np.arange(target), np.clip(low + 1, 0, source - 1)), weight)
    return matrix


def resize(
    images: Float[np.ndarray, "image height width"], shape: tuple[int, int]
) -> Float[np.ndarray, "image rows columns"]:
    """Bilinear, to (rows, columns); equal to `cv2.resize` and `torch...interpolate` up to rounding."""
    rows, columns = _bilinear(images.shape[1], shape[0]), _bilinear(images.shape[2], shape[1])
    return rows @ images @ columns.T


@cache
def _band(size: int, patch: int) -> Float[np.ndarray, "size size"]:
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    return (distance <= patch // 2).astype(np.float64)


def patch_normalise(
    images: Float[np.ndarray, "image height width"], patch: int, ddof: int = 0
) -> Float[np.ndarray, "image height width"]:
    """(x - mean) / sd over the `patch` x `patch` window around each pixel, cut off at the border; clipped to [-1, 1].

    A window without contrast gives 0. The standard deviation divides by the window's count less `ddof`.
    """
    rows, columns = _band(images.shape[1], patch), _band(images.shape[2], patch)
    x = images.astype(np.float64)
    count = np.outer(rows.sum(1), columns.sum(1))
    mean = rows @ x @ columns / count
    variance = np.maximum(rows @ (x * x) @ columns / count - mean * mean, 0.0)
    flat = variance <= 1e-9 * np.maximum(mean * mean, 1.0)  # rounding of a constant window
    variance = variance * count / np.maximum(count - ddof, 1)
    normalised = np.where(flat, 0.0, (x - mean) / np.sqrt(np.where(flat, 1.0, variance)))
    return np.clip(normalised, -1.0, 1.0).astype(np.float32)


def patch_normalised_pixels(
    images: UInt8[np.ndarray, "image height width *rgb"], side: int = 28, patch: int = 7
) -> UInt8[np.ndarray, "image side side"]:
    """The input of the paper's network: `side` x `side`, patch normalised, mapped from [-1, 1] to 0..255.

    The small image is rounded to grey levels first, as the published code's 8-bit images are: otherwise the rounding
    noise of a flat sky would be normalised into texture.
    """
    normalised = patch_normalise(np.round(resize(grey(images), (side, side))), patch)
    return (255.0 * (1.0 + normalised) / 2.0).astype(np.uint8)
