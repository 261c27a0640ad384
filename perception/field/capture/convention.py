"""How poses are meant: OpenGL's axes or OpenCV's, camera-to-world or its inverse; what speaks for another is told."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float64

from innervate.errors import ConfigError

from .capture import Capture, looked_at, points_of_depth

Convention = Literal["opengl", "opencv", "opengl-world-to-camera", "opencv-world-to-camera"]
Poses = Float64[np.ndarray, "view 4 4"]
CONVERGED, ASTRAY, PARALLEL, FEWEST = 0.9, 0.5, 0.9, 6
"""Mean cosine between optical axes and what they are nearest to: cameras that look at one thing have at least the
first, and wrong poses less than the second; the length of their mean axis, above which they all look one way; views
that are needed to tell."""


def as_opengl(poses: Poses, convention: Convention | None) -> Poses:
    """Camera-to-world with x right, y up and -z ahead."""
    if convention is not None and convention.endswith("world-to-camera"):
        poses = np.linalg.inv(poses)
    opencv = convention is not None and convention.startswith("opencv")
    return poses * np.array([1, -1, -1, 1]) if opencv else poses


def check_convention(capture: Capture, folder: Path) -> None:
    """Raise if the views agree with each other, look at one thing or stand upright in another convention only."""
    if capture.depth is not None:
        found = _agreeing(capture)
    elif float(capture.poses[:, 2, 1].mean()) < -0.5:  # the up points down
        found = "opencv"
    else:
        found = _looking(capture)
    if found == "opencv":
        raise ConfigError(
            f"The poses in {folder} look like OpenCV's (y down, z ahead), not OpenGL's (y up, -z ahead). If they are, "
            "say so: --convention opencv; if the world itself is upside down: --convention opengl."
        )
    if found is not None:
        raise ConfigError(
            f"The poses in {folder} look like world-to-camera ones, and camera-to-world is needed. If they are, say "
            f"so: --convention {found}; if not: --convention opengl."
        )


def _others(capture: Capture) -> dict[Convention, Capture]:
    """The same views with their poses taken another way."""
    kinds: tuple[Convention, ...] = ("opencv", "opencv-world-to-camera", "opengl-world-to-camera")
    return {kind: replace(capture, poses=as_opengl(capture.poses, kind)) for kind in kinds}


def _looking(capture: Capture) -> Convention | None:
    """The one inverse whose cameras look at one thing, where the given ones do not."""
    if len(capture.poses) < FEWEST or _converging(capture) > ASTRAY:
        return None
    scores: dict[Convention, float] = {k: _converging(c) for k, c in _others(capture).items() if k != "opencv"}
    best = max(scores, key=lambda k: scores[k])
    return best if scores[best] > CONVERGED else None


def _converging(capture: Capture) -> float:
    """Mean cosine between the axes and the way to what is nearest to all of them; -1 where all look one way."""
    axes = -capture.poses[:, :3, 2]
    if np.linalg.norm(axes.mean(0)) > PARALLEL:
        return -1.0
    way = looked_at(capture)[0] - capture.poses[:, :3, 3]
    return float(np.mean(np.einsum("vi,vi->v", way, axes) / np.maximum(np.linalg.norm(way, axis=1), 1e-12)))


def _agreeing(capture: Capture) -> Convention | None:
    """The one in which depth agrees; an inverse, whose cameras stand close together, has to do so very much better."""
    given = _agreement(capture, capture.poses)
    scores: dict[Convention, float] = {kind: _agreement(other, other.poses) for kind, other in _others(capture).items()}
    best = max(scores, key=lambda k: scores[k])
    least = 2 * given + 0.02 if best == "opencv" else max(5 * given, 0.5)
    return best if scores[best] > least else None


def _agreement(capture: Capture, poses: np.ndarray) -> float:
    """Share of depth readings that land, in another view that sees them, within 3 % of that view's reading."""
    assert capture.depth is not None
    rng = np.random.default_rng(0)
    c, hits, total = capture.camera, 0, 1
    for _ in range(24):
        a, b = rng.integers(len(poses), size=2)
        if a == b:
            continue
        points = points_of_depth(capture.depth[a : a + 1], poses[a : a + 1], c)[0][::17]
        points = points[np.isfinite(points).all(1)]
        local = (points - poses[b, :3, 3]) @ poses[b, :3, :3]
        local = local[local[:, 2] < -0.05]
        u = (local[:, 0] / -local[:, 2] * c.fx + c.cx).astype(int)
        v = (-local[:, 1] / -local[:, 2] * c.fy + c.cy).astype(int)
        seen = (u >= 0) & (u < c.width) & (v >= 0) & (v < c.height)
        there = capture.depth[b][v[seen], u[seen]]
        hits += int((np.abs(there + local[seen, 2]) < 0.03 * there).sum())
        total += int(seen.sum())
    return hits / total
