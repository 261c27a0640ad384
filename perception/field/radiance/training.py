"""Learning a voxel field from a capture, from coarse to fine, in seconds of one CPU core."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innervate.errors import ConfigError, NonFiniteError

from ..capture.capture import Capture, points_of_depth
from .exposure import balanced, picture_gains
from .voxel import NEAR_M, VoxelField, empty_field, leaps, occupied_cells, resampled
from .voxel_kernel import adam, train_batch


@dataclass(frozen=True, kw_only=True)
class VoxelConfig:
    """How a voxel field is trained."""

    voxel_m: float = 0.035
    """Distance of the vertices at the end."""
    cpu_s: float | None = None
    """Stop after this much processor time of the process; not the same number of steps on another machine."""
    rays: int = 2_000_000
    """Rays in all, where `cpu_s` is not given: the same seed then gives the same field."""
    seed: int = 0
    batch: int = 2048
    levels: int = 4
    """Grids, each with vertices twice as dense as the one before (colours only; with depth the last one is enough)."""
    rate_density: float = 1.5
    rate_colour: float = 0.04
    final_rate: float = 0.1
    """Of the step sizes at the end, as a share of those at the beginning."""
    beta1: float = 0.8
    beta2: float = 0.98
    smooth_density: float = 0.02
    smooth_colour: float = 0.002
    distortion: float = 0.002
    """Weight of the spread of the light along a ray (1/m), without depth."""
    misplaced: float = 0.05
    """Weight of light that ends away from the depth reading."""
    depth_weight: float = 0.1
    """Weight of the error of mean depth."""
    band_voxels: float = 1.5
    """How far from the reading light may end."""
    damp_m: float = 1.0
    """Nearer than this, gradients are damped: there a vertex covers many pixels."""
    near_m: float = NEAR_M
    """Nothing is drawn nearer than this."""
    keep_alpha: float = 0.004
    """Vertices that take a smaller share of the light are cut away."""
    exposure: bool = False
    """Take out each picture's own exposure and white balance between the levels (without depth; see `exposure.py`)."""


@dataclass
class Progress:
    """Where training is."""

    rays: int
    share: float
    """Of the whole, 0 to 1."""
    psnr: float
    """Of the training rays since the last report (dB)."""
    voxel_m: float
    cpu_s: float


class _State:
    """The optimiser's side of a grid."""

    def __init__(self, field: VoxelField) -> None:
        self.field, n = field, len(field.grid)
        self.gradient = np.zeros((n, 4), np.float32)
        self.first, self.second = np.zeros((n, 4), np.float32), np.zeros((n, 4), np.float32)
        self.times, self.mark = np.zeros(n, np.uint8), np.zeros(n, np.uint8)
        self.touched = np.empty(n, np.int32)


def train_voxels(
    capture: Capture,
    config: VoxelConfig = VoxelConfig(),
    watch: Callable[[VoxelField, Progress], None] | None = None,
    start: VoxelField | None = None,
) -> VoxelField:
    """Fit a field to all views of a capture that are not held out; with depth where the capture has it.

    `watch` is called about ten times while it trains. With `start`, a field of the same box and voxels, learning goes
    on from there: what the new views show for the first time is added to it (with depth), so that an agent can learn
    while it explores.
    """
    views = capture.training
    if views.camera.width < 8 or views.camera.height < 8:
        raise ConfigError(f"Images of {views.camera.width} x {views.camera.height} pixels are too small to train on.")
    if start is not None:
        start = _extended(start, views, config.voxel_m)
    return _Trainer(views, config, watch).run(start)


def _extended(old: VoxelField, views: Capture, voxel_m: float) -> VoxelField:
    """A copy of a field with what the depth readings of new views show, where it knew nothing solid."""
    if old.voxel_m != voxel_m or not np.allclose(old.origin, views.bounds[0]):
        raise ConfigError(f"Learning goes on in the same grid: the field has voxels of {old.voxel_m} m from "
                          f"{old.origin.tolist()}, the capture's box begins at {views.bounds[0].tolist()}.")
    if views.depth is None:
        return replace(old, grid=old.grid.copy(), leap=old.leap.copy(), label=None, label_confidence=None)
    new = seeded_from_depth(views, voxel_m)
    solid = old.grid[:, 0] > np.log(0.05)
    new.grid[solid] = old.grid[solid]
    new.leap = leaps(occupied_cells(new.alpha() > 0.01))
    return new


class _Trainer:
    def __init__(
        self, views: Capture, config: VoxelConfig, watch: Callable[[VoxelField, Progress], None] | None
    ) -> None:
        self.views, self.config, self.watch = views, config, watch
        self.rng = np.random.default_rng(config.seed)
        self.rays, self.began = 0, time.process_time()
        self.squares, self.counted, self.reported = 0.0, 0, 0

    def share(self) -> float:
        """How much of the budget is spent."""
        if self.config.cpu_s is not None:
            return (time.process_time() - self.began) / self.config.cpu_s
        return self.rays / self.config.rays

    def run(self, start: VoxelField | None) -> VoxelField:
        config = self.config
        if start is not None:
            self.level(_State(start), self.views, 0.0, 1.0)
            return start
        if self.views.depth is not None:
            field = seeded_from_depth(self.views, config.voxel_m)
            field.near_m = config.near_m
            self.level(_State(field), self.views, 0.0, 1.0)
            return field
        pyramid = [self.views]
        while len(pyramid) < config.levels - 1:
            pyramid.append(pyramid[-1].halved())
        pyramid.insert(0, pyramid[0])
        ends = np.cumsum([0.04, 0.06, 0.12, 0.23, 0.55][-config.levels :])
        ends = ends / ends[-1]
        field = empty_field(self.views.bounds, config.voxel_m * 2 ** (config.levels - 1))
        field.near_m = config.near_m
        for k in range(config.levels):
            if k > 0:
                field = resampled(field, config.voxel_m * 2 ** (config.levels - 1 - k))
                self.prune(field)
            views = pyramid[config.levels - 1 - k]
            if k > 0 and config.exposure:
                views = replace(views, images=balanced(views.images, picture_gains(field, views)))
            self.level(_State(field), views, ends[k - 1] if k else 0.0, ends[k])
        return field

    def prune(self, field: VoxelField) -> None:
        field.leap = leaps(occupied_cells(field.alpha() > self.config.keep_alpha))

    def level(self, state: _State, views: Capture, begin: float, end: float) -> None:
        config, field = self.config, state.field
        pixels = views.camera.width * views.camera.height
        images = views.images.reshape(len(views.images), pixels, 3)
        depths = np.empty((0, 0), np.float32) if views.depth is None else views.depth.reshape(-1, pixels)
        alphas = np.empty((0, 0), np.uint8) if views.alpha is None else views.alpha.reshape(-1, pixels)
        poses = np.ascontiguousarray(views.poses[:, :3], np.float32)
        directions, shape = views.camera.directions(), np.array(field.shape, np.int32)
        origin = field.origin.astype(np.float32)
        usable = len(images) * pixels if views.mask is None else np.flatnonzero(views.mask)
        total = usable if isinstance(usable, int) else len(usable)
        if total == 0:
            raise ConfigError("The masks of this capture leave no pixel to learn from; white pixels are kept.")
        order, at, steps, pruned_at = self.rng.permutation(usable), 0, 0, begin
        beta = np.array([config.beta1, config.beta2], np.float32)
        settled = (1 - beta.astype(float) ** np.arange(256)[:, None]).astype(np.float32)
        knobs = np.array([config.misplaced, config.band_voxels * field.voxel_m, config.depth_weight,
                          config.distortion, config.damp_m], np.float32)  # fmt: skip
        while (share := self.share()) < end:
            if at + config.batch > total:
                order, at = self.rng.permutation(usable), 0
            rays = order[at : at + config.batch]
            at += config.batch
            jitter = self.rng.random(len(rays), np.float32)
            background = self.rng.random((len(rays), 3), np.float32)
            loss, count = train_batch(
                field.grid, state.gradient, state.touched, state.mark, field.leap, shape, origin,
                np.float32(field.voxel_m), np.float32(field.near_m), poses, directions, images, alphas, depths, rays,
                jitter, background, knobs, field.max_samples,
            )  # fmt: skip
            if not np.isfinite(loss):
                raise NonFiniteError(f"The field's colours became {loss} after {self.rays} rays; take smaller step "
                                     f"sizes than {config.rate_density} and {config.rate_colour}.")
            decay = np.float32(config.final_rate**share)
            adam(
                field.grid, state.gradient, state.first, state.second, state.times, state.touched, state.mark, count,
                shape, np.array([config.rate_density, config.rate_colour], np.float32) * decay,
                np.array([config.smooth_density, config.smooth_colour], np.float32) * decay,
                beta, settled,
            )  # fmt: skip
            self.rays += len(rays)
            self.squares, self.counted, steps = self.squares + loss, self.counted + 3 * len(rays), steps + 1
            if share - pruned_at > 0.05 and steps > 30:
                self.prune(field)
                pruned_at = share
            self.report(field, share)
        self.prune(field)
        self.report(field, end)

    def report(self, field: VoxelField, share: float) -> None:
        if self.watch is None or self.counted == 0 or share * 10 < self.reported + 1:
            return
        quality = -10 * np.log10(max(self.squares / self.counted, 1e-12))
        cpu = time.process_time() - self.began
        self.watch(field, Progress(self.rays, min(share, 1.0), float(quality), field.voxel_m, cpu))
        self.squares, self.counted, self.reported = 0.0, 0, int(share * 10)


def seeded_from_depth(views: Capture, voxel_m: float) -> VoxelField:
    """A field that is solid where the depth readings end, in the colours seen there, and empty elsewhere."""
    from scipy.ndimage import binary_dilation

    if views.depth is None:
        raise ConfigError("This capture has no depth to begin from.")
    field = empty_field(views.bounds, voxel_m)
    points = points_of_depth(views.depth, views.poses, views.camera).reshape(-1, 3)
    keep = np.isfinite(points).all(1)
    index = np.round((points[keep] - field.origin) / field.voxel_m).astype(int)
    inside = ((index >= 0) & (index < field.shape)).all(1)
    flat = np.ravel_multi_index(tuple(index[inside].T), field.shape)
    n = np.bincount(flat, minlength=len(field.grid))
    colours = views.images.reshape(-1, 3)[keep][inside] / 255.0
    for c in range(3):
        sums = np.bincount(flat, colours[:, c], len(field.grid))
        field.grid[:, 1 + c] = np.where(n > 0, sums / np.maximum(n, 1), 0.5)
    hit = (n > 0).reshape(field.shape)
    wide = binary_dilation(hit, iterations=1)
    spread_colours(field, hit)
    field.grid[:, 0] = np.where(hit, 0.0, np.where(wide, -2.0, -8.0)).ravel()
    field.leap = leaps(occupied_cells(wide))
    return field


def spread_colours(field: VoxelField, known: np.ndarray) -> None:
    """Give every vertex the colour of the nearest known one."""
    from scipy.ndimage import distance_transform_edt

    nearest: Any = distance_transform_edt(~known, return_distances=False, return_indices=True)
    flat = np.ravel_multi_index(tuple(nearest), field.shape).ravel()
    field.grid[:, 1:] = field.grid[flat, 1:]
