"""Near plane, box and grid for poses of an unknown unit, chosen by the pictures themselves.

Too near a plane lets every view learn a cloud of its own before its lens, which no other view sees: training looks
excellent and a new view sees fog. Too small a box leaves walls out, too large a one has vertices that no ray reaches.
Neither follows from poses alone, so some of the training views are set aside, small fields are learnt from the others,
and what draws the views set aside best is taken. The views held out to measure with take no part.
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from innervate.errors import ConfigError

from ..capture.capture import Bounds, Capture, looked_at
from ..field import psnr_of
from .training import VoxelConfig, train_voxels
from .voxel import VoxelField, leaps, occupied_cells, resampled

NEARS = (0.05, 0.2, 0.5)
"""Near planes that are tried, in distances of the cameras from what they look at (or of each other, outwards)."""
SIDES = (1.6, 1.1, 2.4, 3.6)
"""Half the sides of cubes about it; the first goes with the near planes."""
NEAR_RAYS, SIDE_RAYS, FULL_RAYS = 15_000, 8_000, 600_000
"""Rays of a trial of either, and the budget from which on: a smaller one has smaller trials. Their grids and
pictures are small: all together take 0.2 to 0.6 CPU-s, 4 % of the rays of the usual two millions."""
FEWEST = 8
"""Training views without which nothing is tried: the middle of what is usual is taken."""
USUAL_NEAR = 0.1
APART = 4
"""One training view in as many is set aside."""
TRIAL_PIXELS, TRIAL_VERTICES, MOST_TRIAL_VERTICES = 32, 16, 64
"""Longest side of the pictures; vertices along a distance of 2.2, and along a whole side."""
SAME_DB, SAFE_DB = 0.3, 1.0
"""Boxes within the first are equally good, and the smallest is taken. Near planes within the second are: fog can still
be learnt away, what is cut off cannot come back, so that the nearest is taken."""
FEWEST_A_SIDE, MOST_A_SIDE = 48, 192
VERTICES_A_RAY = 3.5
"""More vertices than this stay unlearnt (measured: half as many again cost 10 dB in an orbit of 36 pictures)."""
MOST_VERTICES = 2**28
RAYS_A_CPU_S = 100_000
"""Of one core, roughly."""


@dataclass(frozen=True)
class _Scene:
    """What the trials share."""

    capture: Capture
    """Small pictures of the training views; those set aside are held out."""
    unit: float
    config: VoxelConfig

    def quality(self, bounds: Bounds, near: float, rays: int) -> float:
        """Mean PSNR (dB) of the views set aside in a small field."""
        sides = bounds[1] - bounds[0]
        voxel = max(2.2 * self.unit / TRIAL_VERTICES, float(sides.max()) / MOST_TRIAL_VERTICES)
        config = replace(
            relative(self.config, float(sides.max()), voxel), near_m=near * self.unit, rays=rays, levels=2, batch=256,
            exposure=False,
        )  # fmt: skip
        field = train_voxels(replace(self.capture, bounds=bounds), config)
        views = self.capture.testing
        drawn = [field.render(pose, views.camera).rgb for pose in views.poses]
        return float(np.nanmean([psnr_of(rgb, views, k) for k, rgb in enumerate(drawn)]))


def relative(config: VoxelConfig, side: float, voxel_m: float) -> VoxelConfig:
    """The same with every length relative to the longest side of the box, so that any unit gives the same field."""
    unit = side / MOST_A_SIDE / VoxelConfig().voxel_m
    return replace(
        config, voxel_m=voxel_m, damp_m=unit * config.damp_m, distortion=config.distortion / unit,
        near_m=unit * config.near_m,
    )  # fmt: skip


def chosen(capture: Capture, config: VoxelConfig) -> tuple[Capture, VoxelConfig, str]:
    """The capture with its box, the configuration with near plane and voxels, less what was spent; and a sentence.

    For captures that are `guessed`. The outcome depends on `config.seed`, and on nothing else but the capture, unless
    the budget is in processor time; it follows the unit and turns with the axes of the poses.
    """
    began, (middle, unit, _) = time.process_time(), looked_at(capture)
    cubes = [np.stack([middle - half * unit, middle + half * unit]) for half in SIDES]
    views = capture.training
    if len(views.images) < FEWEST or min(views.camera.width, views.camera.height) < 16:
        near, bounds, spent, said = USUAL_NEAR, capture.bounds, 0, "as is usual"
    else:
        part = 1.0 if config.cpu_s is not None else min(1.0, config.rays / FULL_RAYS)
        rays, fewer = int(part * NEAR_RAYS), int(part * SIDE_RAYS)
        scene = _Scene(_small(views), unit, replace(config, cpu_s=None))
        tried = {n: scene.quality(cubes[0], n, rays) for n in NEARS}
        near = min(n for n, mark in tried.items() if mark > max(tried.values()) - SAFE_DB)
        boxes = [*capture.suggested, *cubes]
        marks = [(scene.quality(box, near, fewer), box) for box in boxes]
        best = max(mark for mark, _ in marks)
        equal = [box for mark, box in marks if mark > best - SAME_DB]
        bounds = min(equal, key=lambda box: float(np.prod(box[1] - box[0])))
        spent, fields = len(NEARS) * rays + len(boxes) * fewer, len(NEARS) + len(boxes)
        said = f"as {fields} small fields say of {len(scene.capture.held_out)} training views set aside for them"
    side = float(np.max(bounds[1] - bounds[0]))
    budget = config.rays if config.cpu_s is None else config.cpu_s * RAYS_A_CPU_S
    footprint = unit / max(capture.camera.fx, capture.camera.fy)
    most = min(MOST_A_SIDE, max(FEWEST_A_SIDE, (VERTICES_A_RAY * budget) ** (1 / 3)))
    voxel = side / min(max(side / footprint, FEWEST_A_SIDE), most)
    fitted = replace(relative(config, side, voxel), near_m=near * unit)
    if config.cpu_s is None:
        fitted = replace(fitted, rays=config.rays - spent)
    else:
        fitted = replace(fitted, cpu_s=max(config.cpu_s - (time.process_time() - began), 0.5 * config.cpu_s))
    text = (f"No `bounds`: a box of {' x '.join(f'{s:.3g}' for s in bounds[1] - bounds[0])}, a near plane at "
            f"{near * unit:.3g} and voxels of {voxel:.3g} (unit of the poses), {said}.")  # fmt: skip
    return replace(capture, bounds=bounds), fitted, text


def divided(field: VoxelField, voxel_m: float, keep_alpha: float) -> VoxelField:
    """The same field on vertices finer than its budget could fill: between those that were learnt."""
    fine = resampled(field, voxel_m)
    fine.leap = leaps(occupied_cells(fine.alpha() > keep_alpha * voxel_m / field.voxel_m))
    return fine


def check_fits(capture: Capture, voxel_m: float) -> None:
    """Raise `ConfigError` where so many vertices would not fit into the memory, and say which would."""
    sides = capture.bounds[1] - capture.bounds[0]
    if np.prod(np.ceil(sides / voxel_m) + 1) > MOST_VERTICES:
        least = float(np.cbrt(np.prod(sides) / MOST_VERTICES)) * 1.02
        box = " x ".join(f"{s:.3g}" for s in sides)
        raise ConfigError(f"Voxels of {voxel_m:g} would be too many in a box of {box}; take {least:.2g} or more, or "
                          "leave --voxel-m out.")


def _small(views: Capture) -> Capture:
    while min(views.camera.width, views.camera.height) >= 32 and max(views.camera.width, views.camera.height) > 32:
        views = views.halved()
    return replace(views, held_out=tuple(range(APART // 2, len(views.images), APART)))
