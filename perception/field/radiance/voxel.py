"""A radiance field in a voxel grid: density and colour at the vertices, everything between by trilinear weights."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Float64, Int16, UInt8

from innervate.cameras import Pinhole, Pose
from innervate.errors import ConfigError

from ..capture.capture import Bounds
from ..capture.convention import Convention
from ..field import View
from .march import STEP_VOXELS
from .voxel_kernel import draw

NEAR_M = 0.05
"""Nothing is drawn nearer than this, where the unit is the metre."""
EMPTY_LOGIT = -9.2
"""A vertex below the faintest share of the light that is looked at."""


@dataclass
class VoxelField:
    """Density and colour on a grid whose vertices are `voxel_m` apart; the embedded default, drawn on one CPU core.

    Colour does not depend on the direction it is seen from: matt surfaces under fixed lamps.
    """

    grid: Float32[np.ndarray, "vertex 4"]
    """Density logit, then red, green and blue (0 to 1), x slowest and z fastest."""
    shape: tuple[int, int, int]
    """Vertices along x, y and z."""
    origin: Float64[np.ndarray, "3"]
    """The lowest vertex (m)."""
    voxel_m: float
    leap: UInt8[np.ndarray, "vertex"]
    """See `march`; of the cell above each vertex."""
    background: Float32[np.ndarray, "3"] = field(default_factory=lambda: np.zeros(3, np.float32))
    """What a ray that leaves the grid sees."""
    label: UInt8[np.ndarray, "vertex"] | None = None
    """1 + index into `label_names`; 0 where nothing is known."""
    label_names: tuple[str, ...] = ()
    label_confidence: Float32[np.ndarray, "vertex"] | None = None
    """Share of the votes that went to the label."""
    convention: Convention | None = None
    """What the poses of its capture were said to be; None if that was found out."""
    near_m: float = NEAR_M
    """Nothing is drawn nearer than this."""

    @property
    def bounds(self) -> Bounds:
        """The box between the lowest and the highest vertex (m)."""
        return np.stack([self.origin, self.origin + (np.array(self.shape) - 1) * self.voxel_m])

    @cached_property
    def max_samples(self) -> int:
        """Room for the samples of the longest ray."""
        return int(np.ceil(np.linalg.norm(self.shape) / STEP_VOXELS)) + 4

    def alpha(self) -> Float32[np.ndarray, "x y z"]:
        """Share of the light that half a voxel takes, at every vertex."""
        return (1 / (1 + np.exp(-np.clip(self.grid[:, 0], -50, 50)))).reshape(self.shape)

    def render(self, pose: Pose, camera: Pinhole) -> View:
        """What a camera sees from a pose."""
        h, w = camera.height, camera.width
        rgb, distance, opacity, seen = self.cast(pose, camera.directions())
        labels = None if self.label is None else (seen.astype(np.int16) - 1).reshape(h, w)
        return View(rgb.reshape(h, w, 3), distance.reshape(h, w), opacity.reshape(h, w), labels)

    def cast(
        self, pose: Pose, directions: Float32[np.ndarray, "pixel 3"]
    ) -> tuple[
        Float32[np.ndarray, "pixel 3"], Float32[np.ndarray, "pixel"], Float32[np.ndarray, "pixel"],
        UInt8[np.ndarray, "pixel"],
    ]:  # fmt: skip
        """Colour, depth, opacity and label (as stored) along rays of the camera's frame."""
        n = len(directions)
        rgb, distance = np.empty((n, 3), np.float32), np.empty(n, np.float32)
        opacity, seen = np.empty(n, np.float32), np.zeros(n, np.uint8)
        label = np.zeros(1, np.uint8) if self.label is None else self.label
        votes = np.zeros(len(self.label_names) + 1, np.float32)
        draw(
            self.grid, self.leap, label, np.array(self.shape, np.int32), self.origin.astype(np.float32),
            np.float32(self.voxel_m), np.float32(self.near_m), np.ascontiguousarray(pose[:3], np.float32),
            np.ascontiguousarray(directions), self.background, self.max_samples, rgb, distance, opacity, seen, votes,
            self.label is not None,
        )  # fmt: skip
        return rgb, distance, opacity, seen

    def density(self, points: Float[np.ndarray, "point 3"]) -> Float64[np.ndarray, "point"]:
        """Extinction at points (1/m); 0 outside the grid."""
        from scipy.ndimage import map_coordinates

        at = (np.asarray(points, float) - self.origin) / self.voxel_m
        logit = map_coordinates(
            self.grid[:, 0].reshape(self.shape), at.T, order=1, mode="constant", cval=-60.0, output=np.float64
        )
        return np.logaddexp(0, logit) / (STEP_VOXELS * self.voxel_m)


def empty_field(bounds: Bounds, voxel_m: float, *, alpha: float = 0.02) -> VoxelField:
    """A grey mist over a box, the same everywhere; `alpha` is the share of the light that half a voxel takes."""
    extent = np.asarray(bounds[1] - bounds[0], float)
    if not (extent > 0).all() or voxel_m <= 0:
        raise ConfigError(f"A field needs a box with a volume and a positive voxel; got {bounds.tolist()}, {voxel_m}.")
    shape = np.ceil(extent / voxel_m).astype(int) + 1
    if np.prod(shape, dtype=float) > 2**28:
        raise ConfigError(f"{'x'.join(map(str, shape))} vertices of {voxel_m} m would not fit; take larger voxels.")
    grid = np.empty((int(np.prod(shape)), 4), np.float32)
    grid[:, 0], grid[:, 1:] = np.log(alpha / (1 - alpha)), 0.5
    x, y, z = (int(n) for n in shape)
    return VoxelField(grid, (x, y, z), np.asarray(bounds[0], float).copy(), voxel_m, np.zeros(len(grid), np.uint8))


def resampled(old: VoxelField, voxel_m: float) -> VoxelField:
    """The same field on finer vertices; the light that a metre takes stays the same."""
    from scipy.ndimage import map_coordinates

    new = empty_field(old.bounds, voxel_m)
    axes = [np.arange(n) * (voxel_m / old.voxel_m) for n in new.shape]
    at = np.stack(np.meshgrid(*axes, indexing="ij")).astype(np.float32)
    for channel in range(4):
        values = old.grid[:, channel].reshape(old.shape)
        new.grid[:, channel] = map_coordinates(values, at, order=1, mode="nearest").ravel()
    per_step = np.logaddexp(0, new.grid[:, 0]) * (voxel_m / old.voxel_m)
    new.grid[:, 0] = np.log(np.expm1(np.maximum(per_step, 1e-6)))
    new.background, new.near_m, new.convention = old.background, old.near_m, old.convention
    return new


def occupied_cells(solid: np.ndarray) -> np.ndarray:
    """Cells with a solid vertex among their eight, laid out like the vertices (the last ones have no cell)."""
    cells = np.zeros_like(solid)
    core = cells[:-1, :-1, :-1]
    for dx in (0, 1):
        for dy in (0, 1):
            for dz in (0, 1):
                core |= solid[dx : solid.shape[0] - 1 + dx, dy : solid.shape[1] - 1 + dy, dz : solid.shape[2] - 1 + dz]
    return cells


def leaps(cells: Float[np.ndarray, "x y z"] | np.ndarray) -> UInt8[np.ndarray, "cell"]:
    """The map of leaps for a set of cells that must be looked at."""
    from scipy.ndimage import distance_transform_cdt

    if not cells.any():
        return np.full(cells.size, 255, np.uint8)
    distance = np.asarray(distance_transform_cdt(~cells, metric="chessboard"))
    return np.minimum(distance, 255).astype(np.uint8).ravel()


def labels_of(field: VoxelField) -> Int16[np.ndarray, "x y z"]:
    """Index into `label_names` at every vertex, -1 where nothing is known."""
    if field.label is None:
        raise ConfigError("This field has no labels; train it on a capture that has some.")
    return (field.label.astype(np.int16) - 1).reshape(field.shape)
