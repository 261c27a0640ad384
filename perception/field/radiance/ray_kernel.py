"""The voxel field under another's loss: rays in, sums out, and gradients of the sums back (numba)."""

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from innervate.kernels import fast

from .march import march, scatter


@fast
def ray_sums(
    grid: Float32[np.ndarray, "vertex 4"],
    leap: UInt8[np.ndarray, "vertex"],
    shape: Int32[np.ndarray, "3"],
    origin: Float32[np.ndarray, "3"],
    voxel_m: np.float32,
    near: np.float32,
    eyes: Float32[np.ndarray, "ray 3"],
    directions: Float32[np.ndarray, "ray 3"],
    jitter: Float32[np.ndarray, "ray"],
    readings: Float32[np.ndarray, "ray"],
    band: np.float32,
    samples: int,
    sums: Float32[np.ndarray, "ray 6"],
) -> None:
    """Per ray: colour (3), weighted t, light left, and light that ends farther than `band` from the reading."""
    base, corner = np.empty(samples, np.int32), np.empty((samples, 8), np.float32)
    alpha, weight = np.empty(samples, np.float32), np.empty(samples, np.float32)
    depth, colour = np.empty(samples, np.float32), np.empty((samples, 3), np.float32)
    eye, ray = np.empty(3, np.float32), np.empty(3, np.float32)
    for r in range(len(eyes)):
        for a in range(3):
            eye[a] = (eyes[r, a] - origin[a]) / voxel_m
            ray[a] = directions[r, a] / voxel_m
        n, left = march(grid, leap, shape, eye, ray, near, jitter[r], base, corner, alpha, weight, depth, colour)
        sums[r, :] = 0
        for i in range(n):
            for c in range(3):
                sums[r, c] += weight[i] * colour[i, c]
            sums[r, 3] += weight[i] * depth[i]
            if abs(depth[i] - readings[r]) > band:
                sums[r, 5] += weight[i]
        sums[r, 4] = left


@fast
def ray_gradients(
    grid: Float32[np.ndarray, "vertex 4"],
    leap: UInt8[np.ndarray, "vertex"],
    shape: Int32[np.ndarray, "3"],
    origin: Float32[np.ndarray, "3"],
    voxel_m: np.float32,
    near: np.float32,
    eyes: Float32[np.ndarray, "ray 3"],
    directions: Float32[np.ndarray, "ray 3"],
    jitter: Float32[np.ndarray, "ray"],
    readings: Float32[np.ndarray, "ray"],
    band: np.float32,
    samples: int,
    upstream: Float32[np.ndarray, "ray 6"],
    near_scale_m: np.float32,
    gradient: Float32[np.ndarray, "vertex 4"],
    touched: Int32[np.ndarray, "vertex"],
    mark: UInt8[np.ndarray, "vertex"],
) -> int:
    """Add to `gradient` that of the grid, for the gradient `upstream` of what `ray_sums` returned; vertices touched."""
    base, corner = np.empty(samples, np.int32), np.empty((samples, 8), np.float32)
    alpha, weight = np.empty(samples, np.float32), np.empty(samples, np.float32)
    depth, colour = np.empty(samples, np.float32), np.empty((samples, 3), np.float32)
    value, g = np.empty(samples, np.float32), np.empty(3, np.float32)
    eye, ray = np.empty(3, np.float32), np.empty(3, np.float32)
    count = 0
    for r in range(len(eyes)):
        for a in range(3):
            eye[a] = (eyes[r, a] - origin[a]) / voxel_m
            ray[a] = directions[r, a] / voxel_m
            g[a] = upstream[r, a]
        n, left = march(grid, leap, shape, eye, ray, near, jitter[r], base, corner, alpha, weight, depth, colour)
        for i in range(n):
            value[i] = g[0] * colour[i, 0] + g[1] * colour[i, 1] + g[2] * colour[i, 2] + upstream[r, 3] * depth[i]
            if abs(depth[i] - readings[r]) > band:
                value[i] += upstream[r, 5]
        count = scatter(
            gradient, touched, mark, count, shape, n, left, base, corner, alpha, weight, depth, near_scale_m, value,
            upstream[r, 4], g,
        )  # fmt: skip
    return count
