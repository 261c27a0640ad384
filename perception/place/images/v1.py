"""The front end of the spiking system: orientation energy with divisive normalisation, as in primary visual cortex.

Simple cells take differences of light across one pixel; complex cells sum the energy of one orientation over a patch,
whatever its phase or sign (Hubel and Wiesel, 1962); the pool around each divides it (Heeger, 1992); a square root
compresses. Nothing is learnt.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from innervate.kernels import exact

from .preprocess import grey, resize


@dataclass(frozen=True, kw_only=True)
class V1Config:
    """The layout of the sheet of complex cells."""

    side: int = 64
    """Pixels to a side after resizing."""
    patch: int = 4
    """Pixels to a side of the patch that one complex cell sums over."""
    orientations: int = 8
    pool: int = 2
    """Radius in patches of the pool that divides."""

    @property
    def cells(self) -> int:
        """Complex cells in all."""
        return (self.side // self.patch) ** 2 * self.orientations


@exact
def _orientation_energy(
    image: Float32[np.ndarray, "side side"], patch: int, orientations: int
) -> Float32[np.ndarray, "row column orientation"]:
    side = image.shape[0]
    patches = side // patch
    energy = np.zeros((patches, patches, orientations), np.float32)
    per_radian = np.float32(orientations / np.pi)
    for y in range(patches * patch):
        for x in range(patches * patch):
            dx = image[y, x + 1] - image[y, x - 1] if 0 < x < side - 1 else np.float32(0)
            dy = image[y + 1, x] - image[y - 1, x] if 0 < y < side - 1 else np.float32(0)
            size = np.sqrt(dx * dx + dy * dy)
            if size == 0:
                continue
            angle = np.arctan2(dy, dx)
            if angle < 0:
                angle += np.float32(np.pi)
            place = angle * per_radian
            low = int(place)
            share = place - low
            cell = energy[y // patch, x // patch]
            cell[low % orientations] += size * (1 - share)
            cell[(low + 1) % orientations] += size * share
    return energy


@exact
def _divide_by_pool(energy: Float32[np.ndarray, "row column orientation"], radius: int) -> None:
    rows, columns, orientations = energy.shape
    power = np.zeros((rows, columns), np.float32)
    total = np.float32(0)
    for r in range(rows):
        for c in range(columns):
            for o in range(orientations):
                power[r, c] += energy[r, c, o] * energy[r, c, o]
            total += power[r, c]
    along = np.zeros((rows, columns), np.float32)
    for r in range(rows):
        for c in range(columns):
            for k in range(max(0, c - radius), min(columns, c + radius + 1)):
                along[r, c] += power[r, k]
    floor = np.float32(1e-3) * total / np.float32(rows * columns) + np.float32(1e-6)
    for r in range(rows):
        for c in range(columns):
            pool = floor
            for k in range(max(0, r - radius), min(rows, r + radius + 1)):
                pool += along[k, c]
            gain = np.float32(1) / np.sqrt(pool)
            for o in range(orientations):
                energy[r, c, o] = np.sqrt(energy[r, c, o] * gain)


def complex_cells(
    images: UInt8[np.ndarray, "image height width *rgb"], config: V1Config
) -> Float32[np.ndarray, "image cell"]:
    """Activity of every complex cell, 0 to 1; row by row, then column, then orientation from horizontal gradients on.

    An image without contrast gives 0 everywhere.
    """
    squares = resize(grey(images), (config.side, config.side))
    out = np.empty((len(images), config.cells), np.float32)
    for k, square in enumerate(squares):
        energy = _orientation_energy(np.ascontiguousarray(square), config.patch, config.orientations)
        _divide_by_pool(energy, config.pool)
        out[k] = energy.ravel()
    return out
