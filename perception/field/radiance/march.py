"""Rays through a voxel grid: the loops that everything else here is made of (numba).

A ray is sampled every half voxel, or leaps where the map of occupied cells is empty. `x` is the trilinear density
logit: the share of light that one step takes is `sigmoid(x)`, which is the usual 1 - exp(-softplus(x) s) with the
step `s` as the unit of length. All is in single precision, `t` is depth along the camera's axis (m), and a ray's
direction reaches from the eye to `t = 1`.

`leap[cell]` is 0 where the grid has to be looked at, else the distance (cells along the farthest axis) to the nearest
such cell, up to 255.
"""

import math

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from innervate.kernels import fast

STEP_VOXELS = np.float32(0.5)
FAINT = np.float32(1e-4)
"""Samples that take a smaller share of the light are not looked at again."""
DARK = np.float32(2e-3)
"""A ray ends where less than this share of the light is left."""


@fast
def span(
    eye: Float32[np.ndarray, "3"], ray: Float32[np.ndarray, "3"], high: Float32[np.ndarray, "3"], near: np.float32
) -> tuple[np.float32, np.float32]:
    """Where a ray (grid units) enters and leaves the grid; empty if the first is not below the second."""
    first, last = near, np.float32(1e9)
    for a in range(3):
        if abs(ray[a]) < np.float32(1e-9):
            if eye[a] < 0 or eye[a] > high[a]:
                last = np.float32(-1)
        else:
            inverse = np.float32(1) / ray[a]
            t0, t1 = -eye[a] * inverse, (high[a] - eye[a]) * inverse
            first, last = max(first, min(t0, t1)), min(last, max(t0, t1))
    return first, last


@fast
def march(
    grid: Float32[np.ndarray, "vertex channel"],
    leap: UInt8[np.ndarray, "cell"],
    shape: Int32[np.ndarray, "3"],
    eye: Float32[np.ndarray, "3"],
    ray: Float32[np.ndarray, "3"],
    near: np.float32,
    jitter: np.float32,
    base: Int32[np.ndarray, "sample"],
    corner: Float32[np.ndarray, "sample 8"],
    alpha: Float32[np.ndarray, "sample"],
    weight: Float32[np.ndarray, "sample"],
    depth: Float32[np.ndarray, "sample"],
    colour: Float32[np.ndarray, "sample 3"],
) -> tuple[int, np.float32]:
    """Fill the buffers with a ray's samples, front to back; how many, and the share of light left behind them.

    `eye` and `ray` in grid units. `base` is a sample's lowest vertex, `corner` the trilinear weights of its eight, in
    the order z, y, x (fastest first); `weight` is the share of the light that ends at a sample.
    """
    ny, nz = shape[1], shape[2]
    one = np.float32(1)
    high = np.empty(3, np.float32)
    for a in range(3):
        high[a] = np.float32(shape[a] - 1) - np.float32(1e-3)
    first, last = span(eye, ray, high, near)
    speed = math.sqrt(ray[0] * ray[0] + ray[1] * ray[1] + ray[2] * ray[2])
    dt = STEP_VOXELS / np.float32(speed)
    left, n, k = one, 0, np.float32(0)
    sy, sx = nz, ny * nz
    while True:
        t = first + (k + jitter) * dt
        if t >= last or n >= len(base):
            break
        px, py, pz = eye[0] + t * ray[0], eye[1] + t * ray[1], eye[2] + t * ray[2]
        ix, iy, iz = int(px), int(py), int(pz)
        v = (ix * ny + iy) * nz + iz
        jump = leap[v]
        if jump > 0:
            k += max(one, np.float32(2) * (np.float32(jump) - one))
            continue
        k += one
        fx, fy, fz = px - np.float32(ix), py - np.float32(iy), pz - np.float32(iz)
        gx, gy, gz = one - fx, one - fy, one - fz
        a00, a01, a10, a11 = gx * gy, gx * fy, fx * gy, fx * fy
        c0, c1, c2, c3 = a00 * gz, a00 * fz, a01 * gz, a01 * fz
        c4, c5, c6, c7 = a10 * gz, a10 * fz, a11 * gz, a11 * fz
        w = v + sx
        x = (
            c0 * grid[v, 0] + c1 * grid[v + 1, 0] + c2 * grid[v + sy, 0] + c3 * grid[v + sy + 1, 0]
            + c4 * grid[w, 0] + c5 * grid[w + 1, 0] + c6 * grid[w + sy, 0] + c7 * grid[w + sy + 1, 0]
        )  # fmt: skip
        a = one / (one + np.float32(math.exp(-x)))
        if a < FAINT:
            continue
        base[n], alpha[n], depth[n], weight[n] = v, a, t, a * left
        corner[n, 0], corner[n, 1], corner[n, 2], corner[n, 3] = c0, c1, c2, c3
        corner[n, 4], corner[n, 5], corner[n, 6], corner[n, 7] = c4, c5, c6, c7
        for c in range(1, 4):
            colour[n, c - 1] = (
                c0 * grid[v, c] + c1 * grid[v + 1, c] + c2 * grid[v + sy, c] + c3 * grid[v + sy + 1, c]
                + c4 * grid[w, c] + c5 * grid[w + 1, c] + c6 * grid[w + sy, c] + c7 * grid[w + sy + 1, c]
            )  # fmt: skip
        left *= one - a
        n += 1
        if left < DARK:
            break
    return n, left


@fast
def scatter(
    gradient: Float32[np.ndarray, "vertex channel"],
    touched: Int32[np.ndarray, "vertex"],
    mark: UInt8[np.ndarray, "vertex"],
    count: int,
    shape: Int32[np.ndarray, "3"],
    n: int,
    left: np.float32,
    base: Int32[np.ndarray, "sample"],
    corner: Float32[np.ndarray, "sample 8"],
    alpha: Float32[np.ndarray, "sample"],
    weight: Float32[np.ndarray, "sample"],
    depth: Float32[np.ndarray, "sample"],
    near_scale_m: np.float32,
    value: Float32[np.ndarray, "sample"],
    beyond: np.float32,
    g: Float32[np.ndarray, "3"],
) -> int:
    """Add a ray's gradient to its vertices, back to front; the number of vertices touched so far.

    `value` is dL/dweight of each sample, `beyond` that of the light left at the end, `g` dL/dcolour of the pixel. Near
    the eye, where a vertex covers many pixels, gradients are damped by (t / `near_scale_m`)^2.
    """
    sy, sx = shape[2], shape[1] * shape[2]
    behind = left * beyond
    for i in range(n - 1, -1, -1):
        w, a = weight[i], alpha[i]
        gx = w * (np.float32(1) - a) * value[i] - a * behind
        behind += w * value[i]
        damp = np.float32(1)
        if depth[i] < near_scale_m:
            damp = (depth[i] / near_scale_m) ** 2
        gx *= damp
        w *= damp
        g0, g1, g2 = w * g[0], w * g[1], w * g[2]
        for k in range(8):
            v = base[i] + (k & 1) + (k >> 1 & 1) * sy + (k >> 2) * sx
            b = corner[i, k]
            if mark[v] == 0:
                mark[v] = 1
                touched[count] = v
                count += 1
            gradient[v, 0] += b * gx
            gradient[v, 1] += b * g0
            gradient[v, 2] += b * g1
            gradient[v, 3] += b * g2
    return count
