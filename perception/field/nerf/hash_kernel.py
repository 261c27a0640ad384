"""Multiresolution hash encoding in one pass over the points (numba), forward and backward.

Values and gradients are those of nerfstudio's torch encoding: 8 table look-ups a level, weighted trilinearly, the
upper corner of a point on a vertex being the vertex itself (`ceil`).
"""

import numpy as np
from jaxtyping import Float32, Int32

from innervate.kernels import fast

PRIME_Y, PRIME_Z = np.uint32(2654435761), np.uint32(805459861)
"""Of instant-ngp's spatial hash (Mueller et al. 2022); that of x is 1."""


@fast
def corners(
    point: Float32[np.ndarray, "3"], scale: np.float32, mask: np.uint32, rows: Int32[np.ndarray, "8"],
    share: Float32[np.ndarray, "8"],
) -> None:  # fmt: skip
    """Rows (within a level) of the eight vertices around a point, and their trilinear weights; x fastest."""
    one = np.float32(1)
    x, y, z = point[0] * scale, point[1] * scale, point[2] * scale
    ix, iy, iz = np.int32(x), np.int32(y), np.int32(z)
    ox, oy, oz = x - np.float32(ix), y - np.float32(iy), z - np.float32(iz)
    x0, x1 = np.uint32(ix), np.uint32(ix + (ox > 0))
    y0, y1 = np.uint32(iy) * PRIME_Y, np.uint32(iy + (oy > 0)) * PRIME_Y
    z0, z1 = np.uint32(iz) * PRIME_Z, np.uint32(iz + (oz > 0)) * PRIME_Z
    a, b, c, d = y0 ^ z0, y1 ^ z0, y0 ^ z1, y1 ^ z1
    rows[0], rows[1], rows[2], rows[3] = (x0 ^ a) & mask, (x1 ^ a) & mask, (x0 ^ b) & mask, (x1 ^ b) & mask
    rows[4], rows[5], rows[6], rows[7] = (x0 ^ c) & mask, (x1 ^ c) & mask, (x0 ^ d) & mask, (x1 ^ d) & mask
    px, py, pz = one - ox, one - oy, one - oz
    e, f, g, h = py * pz, oy * pz, py * oz, oy * oz
    share[0], share[1], share[2], share[3] = px * e, ox * e, px * f, ox * f
    share[4], share[5], share[6], share[7] = px * g, ox * g, px * h, ox * h


@fast
def encode(
    points: Float32[np.ndarray, "point 3"],
    table: Float32[np.ndarray, "row 2"],
    scalings: Float32[np.ndarray, "level"],
    size: int,
    out: Float32[np.ndarray, "point feature"],
) -> None:
    """`out[p, 2 l + f]`: feature f of level l at point p; `size`, a power of two, is the number of rows of a level.

    Points in [0, 1]; the hash is exact modulo 2^32, of which every `size` is a divisor.
    """
    mask = np.uint32(size - 1)
    rows, share = np.empty(8, np.int32), np.empty(8, np.float32)
    for level in range(len(scalings)):
        first_row = level * size
        for p in range(len(points)):
            corners(points[p], scalings[level], mask, rows, share)
            first, second = np.float32(0), np.float32(0)
            for k in range(8):
                row = first_row + rows[k]
                first += share[k] * table[row, 0]
                second += share[k] * table[row, 1]
            out[p, 2 * level] = first
            out[p, 2 * level + 1] = second


@fast
def encode_backward(
    points: Float32[np.ndarray, "point 3"],
    scalings: Float32[np.ndarray, "level"],
    size: int,
    upstream: Float32[np.ndarray, "point feature"],
    gradient: Float32[np.ndarray, "row 2"],
) -> None:
    """Add the gradient of the table for the gradient `upstream` of what `encode` returned."""
    mask = np.uint32(size - 1)
    rows, share = np.empty(8, np.int32), np.empty(8, np.float32)
    for level in range(len(scalings)):
        first_row = level * size
        for p in range(len(points)):
            g0, g1 = upstream[p, 2 * level], upstream[p, 2 * level + 1]
            corners(points[p], scalings[level], mask, rows, share)
            for k in range(8):
                row = first_row + rows[k]
                gradient[row, 0] += share[k] * g0
                gradient[row, 1] += share[k] * g1
