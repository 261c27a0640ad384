"""Paths through known free space, by scikit-image's minimum-cost graph search."""

import numpy as np
from jaxtyping import Float, Float64

from innervate.errors import ConfigError

from .space import Space


def plan(
    space: Space,
    start: Float[np.ndarray, "2"],
    goal: Float[np.ndarray, "2"],
    *,
    radius_m: float,
    height_m: tuple[float, float],
) -> Float64[np.ndarray, "point 2"]:
    """Way points (m) from start to goal for an upright cylinder; it keeps away from things where there is room.

    Args:
        space: what is known.
        start: where the axis stands, x and y (m).
        goal: where it shall stand.
        radius_m: of the cylinder, safety included.
        height_m: its foot and its top above the world's origin; the foot has to clear the floor's own voxels.

    Raises:
        ConfigError: start or goal is not known to be free, or no way through known free space joins them.
    """
    from scipy.ndimage import distance_transform_edt
    from skimage.graph import MCP_Geometric

    open_ = space.passable(height_m, radius_m)
    cells = np.round((np.array([start, goal], float) - space.origin[:2]) / space.voxel_m).astype(int)
    ends = [(int(x), int(y)) for x, y in cells]
    for name, cell, point in zip(("start", "goal"), ends, (start, goal), strict=True):
        if not all(0 <= c < n for c, n in zip(cell, open_.shape, strict=True)) or not open_[cell]:
            raise ConfigError(f"The {name} ({point[0]:.2f}, {point[1]:.2f}) m is not known to be free for a body of "
                              f"radius {radius_m} m; look there first, or choose another.")
    room = np.asarray(distance_transform_edt(open_)) * space.voxel_m
    cost = np.where(open_, 1 + 2 * np.exp(-room / 0.15), np.inf)
    search = MCP_Geometric(np.where(np.isfinite(cost), cost, -1))  # negative costs are walls
    search.find_costs([ends[0]], [ends[1]])
    try:
        cells = np.array(search.traceback(ends[1]))
    except ValueError as error:
        raise ConfigError("No way through known free space leads from start to goal.") from error
    points = cells * space.voxel_m + space.origin[:2]
    points = _shortcut(points, open_, space)
    points[0], points[-1] = start, goal
    return points


def _shortcut(points: np.ndarray, open_: np.ndarray, space: Space) -> np.ndarray:
    """Leave points out where the straight way is open too, up to a metre ahead."""
    kept, at = [points[0]], 0
    while at < len(points) - 1:
        reach = at + 1
        for ahead in range(at + 2, min(at + 30, len(points))):
            line = np.linspace(points[at], points[ahead], 2 * (ahead - at) + 1)
            cells = np.round((line - space.origin[:2]) / space.voxel_m).astype(int)
            if not open_[tuple(cells.T)].all():
                break
            reach = ahead
        kept.append(points[reach])
        at = reach
    return np.array(kept)
