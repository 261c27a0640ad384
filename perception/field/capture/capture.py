"""Pictures of a place with the poses they were taken from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int16, UInt8

from innervate.cameras import Pinhole
from innervate.errors import ConfigError, NonFiniteError

Bounds = Float64[np.ndarray, "2 3"]
"""Lowest and highest corner of an axis-aligned box (m)."""


@dataclass(frozen=True)
class Capture:
    """Views of one place through one camera."""

    images: UInt8[np.ndarray, "view height width 3"]
    poses: Float64[np.ndarray, "view 4 4"]
    """Camera to world, see `camera`."""
    camera: Pinhole
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
    mask: Bool[np.ndarray, "view height width"] | None = None
    """Pixels that are learnt from and scored; all of them without."""
    alpha: UInt8[np.ndarray, "view height width"] | None = None
    """255 where a pixel is opaque; all are without."""
    suggested: tuple[Bounds, ...] = ()
    """Boxes that its maker speaks of, to be tried where the box is guessed."""
    guessed: bool = False
    """Whether the box was made from the poses alone, whose unit may be any."""
    notes: tuple[str, ...] = ()
    """What was decided while it was read, in sentences."""

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
            mask=None if self.mask is None else self.mask[index],
            alpha=None if self.alpha is None else self.alpha[index],
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
        c = self.camera
        small = Pinhole(w, h, c.fx / 2, c.fy / 2, c.cx / 2, c.cy / 2)
        images, alpha, mask = _fours(self.images), None, None
        if self.alpha is None:
            mean = (images.sum((2, 4), dtype=np.uint16) + 2) // 4
        else:
            share = _fours(self.alpha[..., None])
            weight = share.sum((2, 4), dtype=np.uint16)
            mean = (images.astype(np.uint32) * share).sum((2, 4)) // np.maximum(weight, 1)
            alpha = ((weight[..., 0] + 2) // 4).astype(np.uint8)
        if self.mask is not None:
            mask = _fours(self.mask[..., None].astype(np.uint8)).min((2, 4))[..., 0] > 0
        return replace(
            self, images=mean.astype(np.uint8), camera=small, depth=None, labels=None, alpha=alpha, mask=mask
        )


def _fours(pixels: np.ndarray) -> np.ndarray:
    """Axes view, row, 2, column, 2, channel."""
    n, h, w, channels = pixels.shape
    return pixels[:, : h // 2 * 2, : w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, channels)


def points_of_depth(
    depth: Float32[np.ndarray, "view height width"], poses: Float64[np.ndarray, "view 4 4"], camera: Pinhole
) -> Float[np.ndarray, "view pixel 3"]:
    """The surface points behind every pixel in the world; not finite where there is no reading."""
    rays = camera.directions().astype(np.float64)
    with np.errstate(invalid="ignore"):
        local = depth.reshape(len(depth), -1, 1) * rays
        return np.einsum("vij,vpj->vpi", poses[:, :3, :3], local) + poses[:, None, :3, 3]


INWARDS, REACH, AROUND = 0.75, 1.1, 2.0
"""Share of the cameras that face what all look at; half the side of a box about it, in median distances; and about
cameras that look outwards, in distances of the furthest from their middle."""


def looked_at(capture: Capture) -> tuple[Float64[np.ndarray, "3"], float, bool]:
    """What the cameras look at, a distance that is the scale of the scene, and whether they do look at it.

    The point is the nearest to all optical axes (least squares) and the distance the median of the cameras to it, where
    most cameras have it before them; else the middle of the cameras, and the distance of the furthest from it.
    """
    eyes = capture.poses[:, :3, 3]
    axes = -capture.poses[:, :3, 2]
    across = np.eye(3) - axes[:, :, None] * axes[:, None]
    middle = np.linalg.lstsq(across.sum(0), np.einsum("vij,vj->i", across, eyes), rcond=1e-6)[0]
    away = np.linalg.norm(eyes - middle, axis=1)
    inwards = bool(np.mean(np.einsum("vi,vi->v", middle - eyes, axes) > 0.5 * away) >= INWARDS)
    distance = float(np.median(away))
    if not inwards:
        middle = eyes.mean(0)
        distance = float(np.linalg.norm(eyes - middle, axis=1).max())
    return middle, distance if distance > 0 else 1.0, inwards  # one place says nothing of the scale


def bounds_around(capture: Capture, margin_m: float) -> Bounds:
    """A box around all that was measured; without depth, a cube about what the cameras look at, in any unit."""
    if capture.depth is not None:
        eyes = capture.poses[:, :3, 3]
        points = points_of_depth(capture.depth, capture.poses, capture.camera).reshape(-1, 3)
        seen = np.concatenate([eyes, points[np.isfinite(points).all(1)]])
        return np.stack([seen.min(0) - margin_m, seen.max(0) + margin_m])
    middle, distance, inwards = looked_at(capture)
    half = (REACH if inwards else AROUND) * distance
    return np.stack([middle - half, middle + half])
