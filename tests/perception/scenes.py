"""Images made in the test: a row of places with texture of their own, and the same row under another light."""

import numpy as np
from jaxtyping import UInt8


def route(places: int, seed: int, height: int = 32, width: int = 64) -> UInt8[np.ndarray, "place height width 3"]:
    """Smooth random landscapes, one a place, the same for the same seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((places, height // 4 + 1, width // 4 + 1))
    fine = np.kron(coarse, np.ones((1, 4, 4)))[:, :height, :width]
    grey = np.clip(255 * (0.8 * fine + 0.2 * rng.random((places, height, width))), 0, 255)
    return np.repeat(grey[..., None], 3, axis=-1).astype(np.uint8)


def later(images: UInt8[np.ndarray, "place height width 3"], seed: int) -> UInt8[np.ndarray, "place height width 3"]:
    """The same places darker, flatter, and with camera noise."""
    noise = np.random.default_rng(seed).normal(0, 6, images.shape)
    return np.clip(0.5 * images.astype(float) + 20 + noise, 0, 255).astype(np.uint8)
