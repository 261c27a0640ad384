"""Where a picture was taken: annealed particles, then Gauss-Newton, on a field that renders a few hundred rays.

After Loc-NeRF (Maggio et al. 2023) for the particles and iNeRF (Yen-Chen et al. 2021) for the refinement; without
gradients through the field: six more renderings give the Jacobian.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8

from innervate.cameras import Pinhole, Pose, rotation

from ..radiance.voxel import VoxelField

CLIP = 0.25
"""Errors of a colour (0 to 1) above this count no more: what has moved, or is seen past an edge."""

HUBER = 0.05
"""Errors of a colour above this pull with a constant force when the pose is refined."""


@dataclass(frozen=True, kw_only=True)
class LocaliseConfig:
    """Effort and width of the search."""

    spread_m: float = 0.3
    """Standard deviation of the first particles about the start, along each axis."""
    spread_rad: float = 0.26
    particles: int = 384
    rounds: int = 10
    pixels: int = 256
    refine_pixels: int = 1600
    refine_steps: int = 20
    finalists: int = 4


@dataclass(frozen=True)
class Located:
    """The answer."""

    pose: Pose
    error: float
    """Mean colour error at the answer (0 to `CLIP`): low is sure."""

    @property
    def confidence(self) -> float:
        """1 for a perfect match, 0 for one no better than chance."""
        return float(np.clip(1 - self.error / (0.4 * CLIP), 0, 1))


class _Photo:
    """A picture, read at chosen pixels."""

    def __init__(self, field: VoxelField, image: np.ndarray, camera: Pinhole) -> None:
        self.field, self.colours = field, image.reshape(-1, 3).astype(np.float32) / 255
        self.directions = camera.directions()

    def residuals(self, pose: Pose, pixels: np.ndarray) -> Float32[np.ndarray, "pixel 3"]:
        return self.field.cast(pose, self.directions[pixels])[0] - self.colours[pixels]

    def error(self, pose: Pose, pixels: np.ndarray) -> float:
        return float(np.minimum(np.abs(self.residuals(pose, pixels)), CLIP).mean())


def moved(pose: Pose, step: Float[np.ndarray, "6"]) -> Pose:
    """A pose shifted (m) and turned (rad) in the camera's own frame."""
    new = pose.copy()
    new[:3, 3] += pose[:3, :3] @ step[:3]
    new[:3, :3] = pose[:3, :3] @ rotation(step[3:])
    return new


def localise(
    field: VoxelField,
    image: UInt8[np.ndarray, "height width 3"],
    camera: Pinhole,
    start: "Pose | list[Pose]",
    config: LocaliseConfig = LocaliseConfig(),
    *,
    seed: int = 0,
) -> Located:
    """The pose of one picture, searched around one or several guesses."""
    rng = np.random.default_rng(seed)
    photo = _Photo(field, image, camera)
    everywhere = camera.width * camera.height
    starts = [start] if isinstance(start, np.ndarray) else start
    scale = np.array([config.spread_m] * 3 + [config.spread_rad] * 3)
    cloud = [starts[k % len(starts)] if k < len(starts) else moved(starts[k % len(starts)], rng.normal(0, scale))
             for k in range(config.particles)]  # fmt: skip
    best: list[tuple[float, Pose]] = []
    for turn in range(config.rounds):
        pixels = rng.integers(everywhere, size=config.pixels)
        errors = np.array([photo.error(pose, pixels) for pose in cloud])
        order = np.argsort(errors)
        best = [(float(errors[i]), cloud[i]) for i in order[: config.finalists]]
        keep = max(config.finalists, round(len(cloud) * 0.2))
        width = scale * 0.75 ** (turn + 1) * 0.6
        n = max(48, round(config.particles * 0.85 ** (turn + 1)))
        sharp = np.exp(-(errors[order[:keep]] - errors[order[0]]) / (0.1 * errors[order[0]] + 1e-4))
        chosen = rng.choice(order[:keep], n, p=sharp / sharp.sum())
        cloud = [cloud[order[k]] if k < config.finalists else moved(cloud[i], rng.normal(0, width))
                 for k, i in enumerate(chosen)]  # fmt: skip
    pixels = rng.permutation(everywhere)[: config.refine_pixels]
    ends = [_refined(photo, pose, pixels, config.refine_steps) for _, pose in best]
    error, pose = min(((photo.error(p, pixels), p) for p in ends), key=lambda pair: pair[0])
    return Located(pose, error)


def relocalise(
    field: VoxelField,
    image: UInt8[np.ndarray, "height width 3"],
    camera: Pinhole,
    candidates: "list[Pose]",
    config: LocaliseConfig = LocaliseConfig(spread_m=0.2, spread_rad=0.15),
    *,
    spread_m: float = 0.35,
    spread_rad: float = 0.35,
    looks: int = 1600,
    survivors: int = 3,
    seed: int = 0,
) -> Located:
    """The pose of one picture without a start: candidates compete, and `localise` goes on from the survivors.

    `candidates` are a place recogniser's answers, say. In each round every candidate looks about itself, moves to the
    best that it found, and the better half stays; half as many look twice as closely (successive halving, Jamieson and
    Talwalkar 2016), so that a candidate is judged by what lies near it and not by its own view alone.

    Args:
        candidates: Poses that may lie near the true one, in any order.
        spread_m: Standard deviation of the first looks about a candidate, along each axis.
        spread_rad: The same for its direction.
        looks: Poses tried in each round, over all candidates.
        survivors: Candidates that the last search starts from.
    """
    rng = np.random.default_rng(seed)
    photo = _Photo(field, image, camera)
    scale = np.array([spread_m] * 3 + [spread_rad] * 3)
    alive = list(candidates)
    while len(alive) > survivors:
        pixels = rng.integers(camera.width * camera.height, size=config.pixels)
        found = list[tuple[float, Pose]]()
        for centre in alive:
            about = [centre, *(moved(centre, rng.normal(0, scale)) for _ in range(looks // len(alive)))]
            errors = [photo.error(pose, pixels) for pose in about]
            best = int(np.argmin(errors))
            found.append((errors[best], about[best]))
        found.sort(key=lambda pair: pair[0])
        alive = [pose for _, pose in found[: max(survivors, len(found) // 2)]]
        scale = scale * 0.75
    return localise(field, image, camera, alive, config, seed=seed)


def _refined(photo: _Photo, pose: Pose, pixels: np.ndarray, steps: int) -> Pose:
    """Gauss-Newton with damping (Levenberg-Marquardt) on Huber's loss, differences over shrinking steps."""
    damping, here = 1e-3, photo.residuals(pose, pixels).ravel().astype(float)
    cost = _huber(here)
    for turn in range(steps):
        reach = np.array([0.01] * 3 + [0.005] * 3) * max(0.3, 2 * 0.8**turn)
        columns = [(photo.residuals(moved(pose, e * reach), pixels).ravel()
                    - photo.residuals(moved(pose, -e * reach), pixels).ravel()) / (2 * reach[k])
                   for k, e in enumerate(np.eye(6))]  # fmt: skip
        jacobian = np.stack(columns, 1).astype(float)
        weight = 1 / np.maximum(np.abs(here) / HUBER, 1)
        normal = jacobian.T @ (jacobian * weight[:, None])
        right = jacobian.T @ (weight * here)
        for _ in range(5):
            step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), right)
            tried = moved(pose, np.clip(step, -0.3, 0.3))
            there = photo.residuals(tried, pixels).ravel().astype(float)
            if _huber(there) < cost:
                break
            damping = max(damping * 10, 1e-4)
        else:
            break
        small = cost - _huber(there) < 1e-4 * cost
        pose, here, cost, damping = tried, there, _huber(there), damping / 10
        if small and turn > 5:
            break
    return pose


def _huber(residuals: np.ndarray) -> float:
    size = np.abs(residuals)
    return float(np.where(size < HUBER, size * size / 2, HUBER * (size - HUBER / 2)).mean())
