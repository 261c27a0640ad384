"""Which voxels the rays of known views pass, and which they end in (numba)."""

import math

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from innervate.kernels import fast

from ..radiance.march import STEP_VOXELS, march, span


@fast
def carve_view(
    grid: Float32[np.ndarray, "vertex 4"],
    leap: UInt8[np.ndarray, "cell"],
    shape: Int32[np.ndarray, "3"],
    origin: Float32[np.ndarray, "3"],
    voxel_m: np.float32,
    near: np.float32,
    pose: Float32[np.ndarray, "3 4"],
    directions: Float32[np.ndarray, "pixel 3"],
    share: np.float32,
    samples: int,
    passed: Float32[np.ndarray, "vertex"],
    ended: Float32[np.ndarray, "vertex"],
) -> None:
    """Count, at the vertex nearest to each half-voxel step, rays before `share` of their light has ended; then the end.

    A ray that never loses `share` of its light counts nothing behind its last sample: nobody knows what it met.
    """
    base, corner = np.empty(samples, np.int32), np.empty((samples, 8), np.float32)
    alpha, weight = np.empty(samples, np.float32), np.empty(samples, np.float32)
    depth, colour = np.empty(samples, np.float32), np.empty((samples, 3), np.float32)
    eye, ray, high = np.empty(3, np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    half = np.float32(0.5)
    for a in range(3):
        high[a] = np.float32(shape[a] - 1) - np.float32(1e-3)
    for p in range(len(directions)):
        d = directions[p]
        for a in range(3):
            eye[a] = (pose[a, 3] - origin[a]) / voxel_m
            ray[a] = (pose[a, 0] * d[0] + pose[a, 1] * d[1] + pose[a, 2] * d[2]) / voxel_m
        n, _ = march(grid, leap, shape, eye, ray, near, half, base, corner, alpha, weight, depth, colour)
        total, stop = np.float32(0), np.float32(-1)
        for i in range(n):
            total += weight[i]
            if total >= share:
                stop = depth[i]
                break
        if stop < 0:
            continue
        first, last = span(eye, ray, high, np.float32(0))
        dt = STEP_VOXELS / np.float32(math.sqrt(ray[0] ** 2 + ray[1] ** 2 + ray[2] ** 2))
        t = first
        while t < min(stop - 2 * dt, last):
            v = int(eye[0] + t * ray[0] + half) * shape[1] + int(eye[1] + t * ray[1] + half)
            passed[v * shape[2] + int(eye[2] + t * ray[2] + half)] += 1
            t += dt
        v = int(eye[0] + stop * ray[0] + half) * shape[1] + int(eye[1] + stop * ray[1] + half)
        ended[v * shape[2] + int(eye[2] + stop * ray[2] + half)] += 1
