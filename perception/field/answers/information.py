"""Where to look next: the Fisher information that a view would add.

The colour of a pixel depends on a vertex's colours through one factor, its share of the light, so the diagonal of the
Fisher matrix of the colours is exact: for every vertex the sum of squared shares over all pixels seen (FisherRF, Jiang
et al. 2024, without its approximations). A view gains log(1 + its information / what is there already), and where the
field knows nothing yet, mist is part of what it would see.
"""

import numpy as np
from jaxtyping import Float32, Float64, Int32, UInt8

from innervate.cameras import Pinhole, Pose
from innervate.kernels import fast

from ..radiance.march import march
from ..radiance.voxel import VoxelField


@fast
def squared_shares(
    grid: Float32[np.ndarray, "vertex 4"],
    leap: UInt8[np.ndarray, "cell"],
    shape: Int32[np.ndarray, "3"],
    origin: Float32[np.ndarray, "3"],
    voxel_m: np.float32,
    near: np.float32,
    pose: Float32[np.ndarray, "3 4"],
    directions: Float32[np.ndarray, "pixel 3"],
    samples: int,
    information: Float32[np.ndarray, "vertex"],
) -> None:
    """Add, at every vertex, the squared derivatives of a view's pixels by the vertex's colour."""
    base, corner = np.empty(samples, np.int32), np.empty((samples, 8), np.float32)
    alpha, weight = np.empty(samples, np.float32), np.empty(samples, np.float32)
    depth, colour = np.empty(samples, np.float32), np.empty((samples, 3), np.float32)
    eye, ray = np.empty(3, np.float32), np.empty(3, np.float32)
    sy, sx = shape[2], shape[1] * shape[2]
    share, touched = np.zeros(len(grid), np.float32), np.empty(8 * samples, np.int32)
    for p in range(len(directions)):
        d = directions[p]
        for a in range(3):
            eye[a] = (pose[a, 3] - origin[a]) / voxel_m
            ray[a] = (pose[a, 0] * d[0] + pose[a, 1] * d[1] + pose[a, 2] * d[2]) / voxel_m
        n, _ = march(
            grid, leap, shape, eye, ray, near, np.float32(0.5), base, corner, alpha, weight, depth, colour
        )
        count = 0
        for i in range(n):
            for k in range(8):
                v = base[i] + (k & 1) + (k >> 1 & 1) * sy + (k >> 2) * sx
                if share[v] == 0:
                    touched[count] = v
                    count += 1
                share[v] += weight[i] * corner[i, k]
        for i in range(count):  # a vertex is near several samples of a ray: their sum is squared
            v = touched[i]
            information[v] += share[v] * share[v]
            share[v] = 0


def information_of(field: VoxelField, pose: Pose, camera: Pinhole) -> Float32[np.ndarray, "vertex"]:
    """The Fisher information of one view about every vertex's colour (for unit noise)."""
    found = np.zeros(len(field.grid), np.float32)
    squared_shares(
        field.grid, field.leap, np.array(field.shape, np.int32), field.origin.astype(np.float32),
        np.float32(field.voxel_m), np.float32(field.near_m), np.ascontiguousarray(pose[:3], np.float32),
        camera.directions(), field.max_samples, found,
    )  # fmt: skip
    return found


def next_view(
    field: VoxelField, known: Float32[np.ndarray, "vertex"], candidates: Float64[np.ndarray, "view 4 4"],
    camera: Pinhole, *, prior: float = 0.0005, count: int = 1,
) -> tuple[list[int], Float64[np.ndarray, "view"]]:  # fmt: skip
    """The candidates that add most, picked one after the other, and the gain of each candidate by itself.

    Args:
        field: what is known of the place so far.
        known: the sum of `information_of` over the views taken.
        candidates: poses to choose from.
        camera: a coarse one will do.
        prior: information that a vertex is taken to have anyway; more makes views that repeat less attractive.
        count: how many to pick.
    """
    offers = [information_of(field, pose, camera) for pose in candidates]
    have, picked = known + np.float32(prior), []
    alone = np.array([float(np.log1p(o / have).sum()) for o in offers])
    gains = alone.copy()
    for _ in range(min(count, len(offers))):
        best = int(np.argmax(gains))
        picked.append(best)
        have = have + offers[best]
        gains = np.array([-np.inf if k in picked else float(np.log1p(o / have).sum()) for k, o in enumerate(offers)])
    return picked, alone
