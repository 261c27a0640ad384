"""Pictures of a place with the poses they were taken from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Float64, Int16, UInt8

from innervate.errors import ConfigError, NonFiniteError

from .camera import Intrinsics

Bounds = Float64[np.ndarray, "2 3"]
"""Lowest and highest corner of an axis-aligned box (m)."""


@dataclass(frozen=True)
class Capture:
    """Views of one place through one camera."""

    images: UInt8[np.ndarray, "view height width 3"]
    poses: Float64[np.ndarray, "view 4 4"]
    """Camera to world, see `camera`."""
    camera: Intrinsics
    bounds: Bounds
    """A box that holds everything to be seen."""
    depth: Float32[np.ndarray, "view height width"] | None = None
    """Along the optical axis (m); infinite where there is no reading."""
    labels: Int16[np.ndarray, "view height width"] | None = None
    """Index into `label_names`; -1 where nothing is known."""
    label_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """File names of the images, where they come from files."""
    held_out: tuple[int, ...] = ()
    """Views that are kept from training."""

    def __post_init__(self) -> None:
        n, h, w, _ = self.images.shape
        if n == 0:
            raise ConfigError("A capture needs at least one view; this one has none.")
        if (w, h) != (self.camera.width, self.camera.height) or len(self.poses) != n:
            raise ConfigError(
                f"The camera is {self.camera.width} x {self.camera.height} with {len(self.poses)} poses, "
                f"but there are {n} images of {w} x {h}."
            )
        if self.depth is not None and np.isnan(self.depth).any():
            view = int(np.argwhere(np.isnan(self.depth).any((1, 2)))[0, 0])
            raise NonFiniteError(f"The depth of view {self._name(view)} holds NaN; write infinity (0 in a PNG) "
                                 "where there is no reading.")

    def _name(self, view: int) -> str:
        return self.names[view] if self.names else str(view)

    def select(self, views: "Sequence[int] | np.ndarray") -> "Capture":
        """Some of the views, in the given order."""
        index = np.asarray(views, int)
        return replace(
            self, images=self.images[index], poses=self.poses[index], held_out=(),
            depth=None if self.depth is None else self.depth[index],
            labels=None if self.labels is None else self.labels[index],
            names=tuple(self.names[i] for i in index) if self.names else (),
        )  # fmt: skip

    @property
    def training(self) -> "Capture":
        """All views but those held out."""
        return self.select(np.setdiff1d(np.arange(len(self.images)), np.asarray(self.held_out, int)))

    @property
    def testing(self) -> "Capture":
        """The views held out."""
        return self.select(list(self.held_out))

    def without_depth(self) -> "Capture":
        """The same with colours only."""
        return replace(self, depth=None)

    def halved(self) -> "Capture":
        """Images of half the size, each pixel the mean of four; depth and labels are left out."""
        h, w = self.images.shape[1] // 2, self.images.shape[2] // 2
        blocks = self.images[:, : 2 * h, : 2 * w].reshape(-1, h, 2, w, 2, 3).astype(np.uint16)
        c = self.camera
        small = Intrinsics(w, h, c.fx / 2, c.fy / 2, c.cx / 2, c.cy / 2)
        images = ((blocks.sum((2, 4)) + 2) // 4).astype(np.uint8)
        return replace(self, images=images, camera=small, depth=None, labels=None)


def points_of_depth(
    depth: Float32[np.ndarray, "view height width"], poses: Float64[np.ndarray, "view 4 4"], camera: Intrinsics
) -> Float[np.ndarray, "view pixel 3"]:
    """The surface points behind every pixel in the world; not finite where there is no reading."""
    rays = camera.directions().astype(np.float64)
    with np.errstate(invalid="ignore"):
        local = depth.reshape(len(depth), -1, 1) * rays
        return np.einsum("vij,vpj->vpi", poses[:, :3, :3], local) + poses[:, None, :3, 3]


def bounds_around(capture: Capture, margin_m: float) -> Bounds:
    """A box around all that was measured, or around the cameras where there is no depth."""
    eyes = capture.poses[:, :3, 3]
    seen = eyes
    if capture.depth is not None:
        points = points_of_depth(capture.depth, capture.poses, capture.camera).reshape(-1, 3)
        seen = np.concatenate([eyes, points[np.isfinite(points).all(1)]])
    return np.stack([seen.min(0) - margin_m, seen.max(0) + margin_m])
