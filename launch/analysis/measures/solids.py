"""The truth about space: signed distances to the primitive geoms of a model."""

import mujoco
import numpy as np
from jaxtyping import Float, Float64

from innervate.errors import ModelError


def signed_distance_m(
    model: mujoco.MjModel, data: mujoco.MjData, points: Float[np.ndarray, "point 3"]
) -> Float64[np.ndarray, "point"]:
    """Distance to the nearest surface, negative inside a geom.

    Exact outside of boxes, spheres, cylinders, capsules and ellipsoids; inside an ellipsoid only the sign is.

    Raises:
        ModelError: a geom of another kind.
    """
    nearest = np.full(len(points), np.inf)
    for geom in range(model.ngeom):
        local = (points - data.geom_xpos[geom]) @ data.geom_xmat[geom].reshape(3, 3)
        nearest = np.minimum(nearest, _distance(int(model.geom_type[geom]), model.geom_size[geom], local))
    return nearest


def _distance(kind: int, size: np.ndarray, p: np.ndarray) -> np.ndarray:
    types = mujoco.mjtGeom
    if kind == types.mjGEOM_BOX:
        return _outside_and_in(np.abs(p) - size)
    if kind == types.mjGEOM_SPHERE:
        return np.linalg.norm(p, axis=1) - size[0]
    if kind == types.mjGEOM_CYLINDER:
        return _outside_and_in(np.stack([np.hypot(p[:, 0], p[:, 1]) - size[0], np.abs(p[:, 2]) - size[1]], 1))
    if kind == types.mjGEOM_CAPSULE:
        p = p.copy()
        p[:, 2] -= np.clip(p[:, 2], -size[1], size[1])
        return np.linalg.norm(p, axis=1) - size[0]
    if kind == types.mjGEOM_ELLIPSOID:
        return _ellipsoid(p, size)
    if kind == types.mjGEOM_PLANE:
        return p[:, 2]
    raise ModelError(f"Distances to geoms of kind {types(kind).name} are not known; primitives are.")


def _outside_and_in(q: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(1), 0)


def _ellipsoid(p: np.ndarray, size: np.ndarray) -> np.ndarray:
    """The nearest point is size^2 p / (t + size^2) for the t >= 0 that puts it on the surface: found by bisection."""
    implicit = np.linalg.norm(p / size, axis=1)
    low, high = np.zeros(len(p)), np.linalg.norm(p, axis=1) * size.max()
    for _ in range(60):
        t = (low + high) / 2
        outside = ((size * p / (t[:, None] + size**2)) ** 2).sum(1) > 1
        low, high = np.where(outside, t, low), np.where(outside, high, t)
    nearest = size**2 * p / (high[:, None] + size**2)
    return np.where(implicit > 1, np.linalg.norm(p - nearest, axis=1), (implicit - 1) * size.min())
