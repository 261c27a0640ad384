"""Where to put a camera: random views with clearance, orbits, and the way of a path."""

import mujoco
import numpy as np
from jaxtyping import Float, Float64

from innervate.errors import ConfigError

Points = Float64[np.ndarray, "point 3"]


Views = tuple[Points, Points]
"""Where the eyes are and what they look at, both in the world (m)."""


def extent(model: mujoco.MjModel, data: mujoco.MjData) -> Float64[np.ndarray, "2 3"]:
    """The box around all geoms that have an end; endless planes are left out (m).

    Raises:
        ConfigError: there is nothing but planes.
    """
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for geom in range(model.ngeom):
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_PLANE or model.geom_group[geom] > 2:
            continue
        middle, half = model.geom_aabb[geom, :3], model.geom_aabb[geom, 3:]
        turn = data.geom_xmat[geom].reshape(3, 3)
        centre, reach = data.geom_xpos[geom] + turn @ middle, np.abs(turn) @ half
        low, high = np.minimum(low, centre - reach), np.maximum(high, centre + reach)
    if not np.isfinite(low).all():
        raise ConfigError("The model has nothing to look at but endless planes.")
    return np.stack([low, high])


def clearance_m(model: mujoco.MjModel, data: mujoco.MjData, point: Float[np.ndarray, "3"]) -> float:
    """Distance to the nearest surface, along 98 directions; 0 where a point is inside something or outside of all."""
    directions = _SPHERE
    geom, distance = np.empty(len(directions), np.int32), np.empty(len(directions))
    mujoco.mj_multiRay(
        model, data, np.asarray(point, float), directions.ravel(), None, 1, -1, geom, distance, None,
        len(directions), mujoco.mjMAXVAL,
    )  # fmt: skip
    hit = geom >= 0
    return float(distance[hit].min()) if hit.any() else np.inf


def random_views(
    model: mujoco.MjModel, data: mujoco.MjData, n: int, rng: np.random.Generator, *, clear_m: float = 0.3
) -> Views:
    """Views from random places inside the model's box, at least `clear_m` from everything, at random things in it.

    Places at the height of a small robot or a person are preferred: 0.3 m to 1.9 m, where the box is that high.

    Raises:
        ConfigError: there is no such place.
    """
    low, high = extent(model, data)
    bottom, top = max(low[2], 0.3), min(high[2], 1.9)
    if top <= bottom:
        bottom, top = low[2], high[2]
    found: list[Float64[np.ndarray, "2 3"]] = []
    for _ in range(200 * n + 1000):
        if len(found) == n:
            break
        eye = rng.uniform([low[0], low[1], bottom], [high[0], high[1], top])
        target = rng.uniform(low, high)
        if np.linalg.norm(target - eye) < 1 or abs(target[2] - eye[2]) > 0.9 * np.linalg.norm(target - eye):
            continue
        if clearance_m(model, data, eye) >= clear_m and _inside(model, data, eye):
            found.append(np.stack([eye, target]))
    if len(found) < n:
        raise ConfigError(f"Only {len(found)} of {n} places with {clear_m} m around them were found; ask for less.")
    eyes, targets = np.stack(found, 1)
    return eyes, targets


def orbit_views(low: Float[np.ndarray, "3"], high: Float[np.ndarray, "3"], n: int) -> Views:
    """Views from a rising spiral around a box, all at its middle."""
    middle, radius = (low + high) / 2, 0.9 * float(np.linalg.norm(high - low)) + 0.1
    angle, rise = np.arange(n) * 2.399963, np.linspace(0.15, 0.9, n)  # the golden angle spreads them evenly
    out = np.stack([np.cos(angle) * np.cos(rise), np.sin(angle) * np.cos(rise), np.sin(rise)], 1)
    return middle + radius * out, np.repeat(middle[None], n, 0)


def path_views(positions: Points) -> Views:
    """A view from each point of a path, towards the next one."""
    if len(positions) < 2:
        raise ConfigError("A path of views needs at least two points.")
    return positions, np.concatenate([positions[1:], 2 * positions[-1:] - positions[-2:-1]])


def _sphere(n: int) -> Points:
    k = np.arange(n) + 0.5
    polar, angle = np.arccos(1 - 2 * k / n), np.pi * (1 + 5**0.5) * k
    return np.stack([np.cos(angle) * np.sin(polar), np.sin(angle) * np.sin(polar), np.cos(polar)], 1)


def _inside(model: mujoco.MjModel, data: mujoco.MjData, point: Float[np.ndarray, "3"]) -> bool:
    """No geom holds the point (a ray from inside a solid leaves it unseen)."""
    for geom in range(model.ngeom):
        half = model.geom_aabb[geom, 3:]
        local = data.geom_xmat[geom].reshape(3, 3).T @ (point - data.geom_xpos[geom]) - model.geom_aabb[geom, :3]
        if model.geom_type[geom] != mujoco.mjtGeom.mjGEOM_PLANE and (np.abs(local) < half).all():
            return False
    return True


_SPHERE = _sphere(98)
