"""Free, occupied, unknown: what a robot may drive through, and how far it is to what it may not."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int8

from innervate.cameras import Pinhole, Pose
from innervate.errors import ConfigError

from ..radiance.voxel import VoxelField
from .space_kernel import carve_view

UNKNOWN, FREE, OCCUPIED = np.int8(-1), np.int8(0), np.int8(1)
SHARE = 0.3
"""A ray has met something when it has lost this much of its light."""

SURE = 0.95
"""Share of the rays at a voxel that must have gone through for it to be free."""


@dataclass(frozen=True)
class Space:
    """Every voxel's state; a voxel is the cube around a vertex of the field's grid."""

    state: Int8[np.ndarray, "x y z"]
    """`FREE`, `OCCUPIED` or `UNKNOWN`: what no ray has passed stays unknown."""
    confidence: Float32[np.ndarray, "x y z"]
    """0 to 1: how many rays agree, and on how much evidence; 0 where nothing is known."""
    origin: Float64[np.ndarray, "3"]
    """Middle of the lowest voxel (m)."""
    voxel_m: float

    @cached_property
    def distance_m(self) -> Float32[np.ndarray, "x y z"]:
        """A lower bound of the distance from a voxel's middle to anything that is not known to be free.

        Euclidean; negative inside what is occupied or unknown, as is everything beyond the grid. A surface may lie
        anywhere in the first voxel that is not free (half a diagonal), and the rays that ended on it lost their
        light up to a voxel and a half behind it: 2.37 voxels are taken off.
        """
        from scipy.ndimage import distance_transform_edt

        free = np.pad(self.state == FREE, 1)
        out, within = (np.asarray(distance_transform_edt(mask)) for mask in (free, ~free))
        signed = np.where(free, out - (np.sqrt(3) / 2 + 1.5), -within)
        return (signed[1:-1, 1:-1, 1:-1] * self.voxel_m).astype(np.float32)

    def index(self, points: Float[np.ndarray, "point 3"]) -> np.ndarray:
        """The voxel that holds each point; it may lie outside of the grid."""
        return np.round((np.asarray(points, float) - self.origin) / self.voxel_m).astype(int)

    def at(self, points: Float[np.ndarray, "point 3"]) -> Int8[np.ndarray, "point"]:
        """The state at points; unknown outside."""
        index = self.index(points)
        inside = ((index >= 0) & (index < self.state.shape)).all(1)
        found = np.full(len(index), UNKNOWN)
        found[inside] = self.state[tuple(index[inside].T)]
        return found

    def middles(self) -> Float64[np.ndarray, "voxel 3"]:
        """The middle of every voxel (m), in the order of `state.ravel()`."""
        return np.stack(np.unravel_index(np.arange(self.state.size), self.state.shape), 1) * self.voxel_m + self.origin

    def passable(self, height_m: tuple[float, float], radius_m: float) -> Bool[np.ndarray, "x y"]:
        """Where an upright cylinder's axis may stand: all known to be free between two heights, and around it."""
        from scipy.ndimage import distance_transform_edt

        low, high = np.round((np.array(height_m) - self.origin[2]) / self.voxel_m).astype(int)
        if low < 0 or high >= self.state.shape[2] or high < low:
            raise ConfigError(f"Heights of {height_m} m are not within the space, which reaches from "
                              f"{self.origin[2]:.2f} to {self.origin[2] + self.state.shape[2] * self.voxel_m:.2f} m.")
        free = (self.state[:, :, low : high + 1] == FREE).all(2)
        room = np.asarray(distance_transform_edt(np.pad(free, 1)))[1:-1, 1:-1] - (np.sqrt(2) / 2 + 0.5)
        return free & (room * self.voxel_m >= radius_m)


def carve(field: VoxelField, poses: "np.ndarray | list[Pose]", camera: Pinhole) -> Space:
    """The space that views have seen, by the field's own surfaces; `poses` are usually those it was trained on."""
    passed, ended = np.zeros(len(field.grid), np.float32), np.zeros(len(field.grid), np.float32)
    for pose in poses:
        carve_view(
            field.grid, field.leap, np.array(field.shape, np.int32), field.origin.astype(np.float32),
            np.float32(field.voxel_m), np.float32(field.near_m), np.ascontiguousarray(pose[:3], np.float32),
            camera.directions(), np.float32(SHARE), field.max_samples, passed, ended,
        )  # fmt: skip
    total = passed + ended
    share = passed / np.maximum(total, 1)
    state = np.where(total == 0, UNKNOWN, np.where(share > SURE, FREE, OCCUPIED)).astype(np.int8)
    agreement = np.where(state == FREE, share, 1 - share) * total / (total + 2)
    confidence = np.where(total > 0, agreement, 0).astype(np.float32)
    return Space(state.reshape(field.shape), confidence.reshape(field.shape), field.origin, field.voxel_m)
