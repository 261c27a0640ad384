"""Multiresolution hash encoding in one pass over the points (numba), forward and backward.

Values and gradients are those of nerfstudio's torch encoding: 8 table look-ups a level, weighted trilinearly, the
upper corner of a point on a vertex being the vertex itself (`ceil`).
"""

import math

import numpy as np
from jaxtyping import Float32

from ...compiled import compiler

kernel = compiler("nerf", fastmath=True)
PRIME_Y, PRIME_Z = np.int64(2654435761), np.int64(805459861)
"""Of instant-ngp's spatial hash (Mueller et al. 2022); that of x is 1."""


@kernel
def encode(
    points: Float32[np.ndarray, "point 3"],
    table: Float32[np.ndarray, "row 2"],
    scalings: Float32[np.ndarray, "level"],
    size: int,
    out: Float32[np.ndarray, "point feature"],
) -> None:
    """`out[p, 2 l + f]`: feature f of level l at point p; `size`, a power of two, is the number of rows of a level."""
    mask = np.int64(size - 1)
    one = np.float32(1)
    for p in range(len(points)):
        for level in range(len(scalings)):
            x, y, z = points[p, 0] * scalings[level], points[p, 1] * scalings[level], points[p, 2] * scalings[level]
            fx, fy, fz = math.floor(x), math.floor(y), math.floor(z)
            ox, oy, oz = x - np.float32(fx), y - np.float32(fy), z - np.float32(fz)
            first = np.float32(0)
            second = np.float32(0)
            for k in range(8):
                hx = np.int64(math.ceil(x)) if k & 1 else np.int64(fx)
                hy = np.int64(math.ceil(y)) if k & 2 else np.int64(fy)
                hz = np.int64(math.ceil(z)) if k & 4 else np.int64(fz)
                row = ((hx ^ (hy * PRIME_Y) ^ (hz * PRIME_Z)) & mask) + level * size
                w = (ox if k & 1 else one - ox) * (oy if k & 2 else one - oy) * (oz if k & 4 else one - oz)
                first += w * table[row, 0]
                second += w * table[row, 1]
            out[p, 2 * level] = first
            out[p, 2 * level + 1] = second


@kernel
def encode_backward(
    points: Float32[np.ndarray, "point 3"],
    scalings: Float32[np.ndarray, "level"],
    size: int,
    upstream: Float32[np.ndarray, "point feature"],
    gradient: Float32[np.ndarray, "row 2"],
) -> None:
    """Add the gradient of the table for the gradient `upstream` of what `encode` returned."""
    mask = np.int64(size - 1)
    one = np.float32(1)
    for p in range(len(points)):
        for level in range(len(scalings)):
            g0, g1 = upstream[p, 2 * level], upstream[p, 2 * level + 1]
            x, y, z = points[p, 0] * scalings[level], points[p, 1] * scalings[level], points[p, 2] * scalings[level]
            fx, fy, fz = math.floor(x), math.floor(y), math.floor(z)
            ox, oy, oz = x - np.float32(fx), y - np.float32(fy), z - np.float32(fz)
            for k in range(8):
                hx = np.int64(math.ceil(x)) if k & 1 else np.int64(fx)
                hy = np.int64(math.ceil(y)) if k & 2 else np.int64(fy)
                hz = np.int64(math.ceil(z)) if k & 4 else np.int64(fz)
                row = ((hx ^ (hy * PRIME_Y) ^ (hz * PRIME_Z)) & mask) + level * size
                w = (ox if k & 1 else one - ox) * (oy if k & 2 else one - oy) * (oz if k & 4 else one - oz)
                gradient[row, 0] += w * g0
                gradient[row, 1] += w * g1
