"""Training and drawing a voxel field: forward, analytic backward and Adam in fused loops (numba)."""

import math

import numpy as np
from jaxtyping import Float32, Int32, Int64, UInt8

from innervate.kernels import fast

from .march import march, scatter

FAR = np.float32(1e9)
LOGITS, COLOURS = (np.float32(-12), np.float32(12)), (np.float32(-0.25), np.float32(1.25))
"""Vertices stay within: beyond, nothing that is drawn would change. Colours may leave 0 to 1 to sharpen an edge."""


@fast
def train_batch(
    grid: Float32[np.ndarray, "vertex 4"],
    gradient: Float32[np.ndarray, "vertex 4"],
    touched: Int32[np.ndarray, "vertex"],
    mark: UInt8[np.ndarray, "vertex"],
    leap: UInt8[np.ndarray, "cell"],
    shape: Int32[np.ndarray, "3"],
    origin: Float32[np.ndarray, "3"],
    voxel_m: np.float32,
    near: np.float32,
    poses: Float32[np.ndarray, "view 3 4"],
    directions: Float32[np.ndarray, "pixel 3"],
    images: UInt8[np.ndarray, "view pixel 3"],
    alphas: UInt8[np.ndarray, "view pixel"],
    depths: Float32[np.ndarray, "view pixel"],
    rays: Int64[np.ndarray, "ray"],
    jitter: Float32[np.ndarray, "ray"],
    background: Float32[np.ndarray, "ray 3"],
    knobs: Float32[np.ndarray, "5"],
    samples: int,
) -> tuple[float, int]:
    """Sum of squared colour errors of a batch of rays (index of view times pixels, plus pixel), and vertices touched.

    `knobs`: weight of misplaced light (depth only), half width of the band about a reading (m), weight of the error
    of mean depth, weight of the distortion (spread of the light along a ray), reach of the damping near the eye (m).
    `depths` has no entries without depth, `alphas` none where all is opaque: what shines through a pixel is the
    ray's own background. The gradients are those of the mean over the batch.
    """
    base, corner = np.empty(samples, np.int32), np.empty((samples, 8), np.float32)
    alpha, weight = np.empty(samples, np.float32), np.empty(samples, np.float32)
    depth, colour = np.empty(samples, np.float32), np.empty((samples, 3), np.float32)
    value, g = np.empty(samples, np.float32), np.empty(3, np.float32)
    eye, ray = np.empty(3, np.float32), np.empty(3, np.float32)
    pixels, count, loss = len(directions), 0, 0.0
    with_depth, with_alpha = depths.size > 0, alphas.size > 0
    misplaced, band, off, spread, near_scale = knobs[0], knobs[1], knobs[2], knobs[3], knobs[4]
    scale = np.float32(1) / voxel_m
    for r in range(len(rays)):
        view, pixel = rays[r] // pixels, rays[r] % pixels
        pose, d = poses[view], directions[pixel]
        for a in range(3):
            eye[a] = (pose[a, 3] - origin[a]) * scale
            ray[a] = (pose[a, 0] * d[0] + pose[a, 1] * d[1] + pose[a, 2] * d[2]) * scale
        n, left = march(grid, leap, shape, eye, ray, near, jitter[r], base, corner, alpha, weight, depth, colour)
        if n == 0:
            continue
        beyond = np.float32(0)
        mean, total = np.float32(0), np.float32(0)
        for i in range(n):
            mean += weight[i] * depth[i]
            total += weight[i]
            value[i] = 0
        for c in range(3):
            got = left * background[r, c]
            for i in range(n):
                got += weight[i] * colour[i, c]
            truth = np.float32(images[view, pixel, c]) * np.float32(1 / 255)
            if with_alpha:
                opaque = np.float32(alphas[view, pixel]) * np.float32(1 / 255)
                truth = opaque * truth + (np.float32(1) - opaque) * background[r, c]
            error = got - truth
            loss += error * error
            g[c] = 2 * error
            beyond += g[c] * background[r, c]
            for i in range(n):
                value[i] += g[c] * colour[i, c]
        if with_depth:
            z = depths[view, pixel]
            if z < FAR:
                error = mean + left * z - z
                pull = off * max(np.float32(-1), min(np.float32(1), error / band))
                for i in range(n):
                    value[i] += pull * (depth[i] - z)
                    if abs(depth[i] - z) > band:
                        value[i] += misplaced
                beyond += misplaced
        elif spread > 0:
            # d/dw of sum_ij w_i w_j |t_i - t_j|, by running sums from the front
            before, moment = np.float32(0), np.float32(0)
            for i in range(n):
                after, rest = total - before, mean - moment
                value[i] += 2 * spread * (depth[i] * before - moment + rest - depth[i] * after)
                before += weight[i]
                moment += weight[i] * depth[i]
        count = scatter(
            gradient, touched, mark, count, shape, n, left, base, corner, alpha, weight, depth, near_scale, value,
            beyond, g,
        )  # fmt: skip
    return loss, count


@fast
def adam(
    grid: Float32[np.ndarray, "vertex 4"],
    gradient: Float32[np.ndarray, "vertex 4"],
    first: Float32[np.ndarray, "vertex 4"],
    second: Float32[np.ndarray, "vertex 4"],
    times: UInt8[np.ndarray, "vertex"],
    touched: Int32[np.ndarray, "vertex"],
    mark: UInt8[np.ndarray, "vertex"],
    count: int,
    shape: Int32[np.ndarray, "3"],
    rate: Float32[np.ndarray, "2"],
    smooth: Float32[np.ndarray, "2"],
    beta: Float32[np.ndarray, "2"],
    settled: Float32[np.ndarray, "256 2"],
) -> None:
    """Adam on the touched vertices alone, each with its own count of steps; clears gradients and marks.

    `settled[n]` is 1 - beta^n, the share of an average that `n` steps have filled.
    `rate` and `smooth` are of (density, colour); `smooth` weighs the difference to the mean of the six neighbours.
    """
    sy, sx = shape[2], shape[1] * shape[2]
    end = len(grid) - sx
    one = np.float32(1)
    beta1, beta2 = beta[0], beta[1]
    for i in range(count):
        v = touched[i]
        mark[v] = 0
        if times[v] < 255:
            times[v] += 1
        c1, c2 = settled[times[v], 0], settled[times[v], 1]
        inner = v >= sx and v < end
        for c in range(4):
            kind = 0 if c == 0 else 1
            g = gradient[v, c]
            gradient[v, c] = 0
            first[v, c] = beta1 * first[v, c] + (one - beta1) * g
            second[v, c] = beta2 * second[v, c] + (one - beta2) * g * g
            change = rate[kind] * (first[v, c] / c1) / (math.sqrt(second[v, c] / c2) + np.float32(1e-12))
            if inner and smooth[kind] > 0:
                around = (
                    grid[v - 1, c] + grid[v + 1, c] + grid[v - sy, c] + grid[v + sy, c] + grid[v - sx, c]
                    + grid[v + sx, c]
                )  # fmt: skip
                change += smooth[kind] * (grid[v, c] - around * np.float32(1 / 6))
            lowest = LOGITS[0] if c == 0 else COLOURS[0]
            highest = LOGITS[1] if c == 0 else COLOURS[1]
            grid[v, c] = min(max(grid[v, c] - change, lowest), highest)


@fast
def draw(
    grid: Float32[np.ndarray, "vertex 4"],
    leap: UInt8[np.ndarray, "cell"],
    label: UInt8[np.ndarray, "vertex"],
    shape: Int32[np.ndarray, "3"],
    origin: Float32[np.ndarray, "3"],
    voxel_m: np.float32,
    near: np.float32,
    pose: Float32[np.ndarray, "3 4"],
    directions: Float32[np.ndarray, "pixel 3"],
    background: Float32[np.ndarray, "3"],
    samples: int,
    rgb: Float32[np.ndarray, "pixel 3"],
    distance: Float32[np.ndarray, "pixel"],
    opacity: Float32[np.ndarray, "pixel"],
    seen: UInt8[np.ndarray, "pixel"],
    votes: Float32[np.ndarray, "label"],
    labelled: bool,
) -> None:
    """One view: mean colour, depth at which half of the light has ended, light taken, and the label that took most."""
    base, corner = np.empty(samples, np.int32), np.empty((samples, 8), np.float32)
    alpha, weight = np.empty(samples, np.float32), np.empty(samples, np.float32)
    depth, colour = np.empty(samples, np.float32), np.empty((samples, 3), np.float32)
    eye, ray = np.empty(3, np.float32), np.empty(3, np.float32)
    scale = np.float32(1) / voxel_m
    sy, sx = shape[2], shape[1] * shape[2]
    half = np.float32(0.5)
    for p in range(len(directions)):
        d = directions[p]
        for a in range(3):
            eye[a] = (pose[a, 3] - origin[a]) * scale
            ray[a] = (pose[a, 0] * d[0] + pose[a, 1] * d[1] + pose[a, 2] * d[2]) * scale
        n, left = march(grid, leap, shape, eye, ray, near, half, base, corner, alpha, weight, depth, colour)
        total = np.float32(1) - left
        opacity[p] = total
        for c in range(3):
            got = left * background[c]
            for i in range(n):
                got += weight[i] * colour[i, c]
            rgb[p, c] = min(max(got, np.float32(0)), np.float32(1))
        ended, median = np.float32(0), np.float32(np.inf)
        for i in range(n):
            if ended + weight[i] >= half * total and ended < half * total:
                gap = depth[i] - depth[i - 1] if i > 0 else np.float32(0)
                median = depth[i] + gap * ((half * total - ended) / max(weight[i], np.float32(1e-9)) - half)
                break
            ended += weight[i]
        distance[p] = median if total > half else np.float32(np.inf)
        if labelled:
            votes[:] = 0
            for i in range(n):
                for k in range(8):
                    v = base[i] + (k & 1) + (k >> 1 & 1) * sy + (k >> 2) * sx
                    votes[label[v]] += weight[i] * corner[i, k]
            best = 0
            for c in range(1, len(votes)):
                if votes[c] > votes[best]:
                    best = c
            seen[p] = best
