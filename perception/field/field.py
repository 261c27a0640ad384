"""What a robot asks of a field, whatever it is made of."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, Float64, Int16, UInt8

from innervate.cameras import Pinhole, Pose

from .capture.capture import Bounds, Capture


@dataclass(frozen=True)
class View:
    """What a camera would see."""

    rgb: Float32[np.ndarray, "height width 3"]
    """0 to 1."""
    depth: Float32[np.ndarray, "height width"]
    """Along the optical axis (m), where half of the light has ended; infinite where most of it goes through."""
    opacity: Float32[np.ndarray, "height width"]
    """Share of the light that the field takes: how sure it is that something is there."""
    labels: Int16[np.ndarray, "height width"] | None = None
    """Index into the field's `label_names`; -1 for nothing or unknown."""

    @property
    def image(self) -> UInt8[np.ndarray, "height width 3"]:
        """`rgb` in 8 bits."""
        return np.round(self.rgb * 255).astype(np.uint8)


@runtime_checkable
class NeuralField(Protocol):
    """A place, learnt from pictures; metres and the world's axes throughout."""

    @property
    def bounds(self) -> Bounds:
        """The box that the field fills (m)."""
        ...

    def render(self, pose: Pose, camera: Pinhole) -> View:
        """What a camera sees from a camera-to-world pose (x right, y up, looking along -z)."""
        ...

    def density(self, points: Float[np.ndarray, "point 3"]) -> Float64[np.ndarray, "point"]:
        """Extinction at points of the world (1/m): the light falls by exp(-density) a metre."""
        ...


def normals(view: View, camera: Pinhole, pose: Pose) -> Float32[np.ndarray, "height width 3"]:
    """Surface normals in the world from a view's depth, towards the camera; zero where there is no surface."""
    rays = camera.directions().reshape(camera.height, camera.width, 3)
    with np.errstate(invalid="ignore"):
        points = view.depth[..., None] * rays
        across = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
        length = np.linalg.norm(across, axis=-1, keepdims=True)
        unit = np.where(np.isfinite(length) & (length > 0), across / length, 0)
        away = (unit * points).sum(-1, keepdims=True) > 0
    unit = np.where(away, -unit, unit)
    return (np.nan_to_num(unit) @ pose[:3, :3].T).astype(np.float32)


def psnr(view: Float[np.ndarray, "height width 3"], truth: UInt8[np.ndarray, "height width 3"]) -> float:
    """Peak signal-to-noise ratio (dB) of an image in 0 to 1 against one of 8 bits."""
    error = float(np.mean((np.asarray(view, np.float64) - truth / 255.0) ** 2))
    return -10 * float(np.log10(max(error, 1e-12)))


def psnr_of(rgb: Float[np.ndarray, "height width 3"], views: Capture, k: int) -> float:
    """PSNR (dB) of a drawing of view `k` over the pixels that are not masked; NaN where all are.

    What is transparent should be black, as a field draws nothing.
    """
    truth = views.images[k]
    if views.alpha is not None:
        truth = np.round(truth * (views.alpha[k, ..., None] / 255.0)).astype(np.uint8)
    kept = np.ones(truth.shape[:2], bool) if views.mask is None else views.mask[k]
    return psnr(rgb[kept][None], truth[kept][None]) if kept.any() else float("nan")


def colours_fitted(
    rgb: Float[np.ndarray, "height width 3"], truth: UInt8[np.ndarray, "height width 3"]
) -> Float64[np.ndarray, "height width 3"]:
    """A drawing whose channels are scaled and shifted to fit the truth best, so that only shapes are left to differ."""
    out = np.asarray(rgb, np.float64).copy()
    for c in range(3):
        x, y = out[..., c], truth[..., c] / 255.0
        spread = float(x.var())
        gain = float(((x - x.mean()) * (y - y.mean())).mean()) / spread if spread > 1e-9 else 0.0
        out[..., c] = np.clip(gain * (x - x.mean()) + y.mean(), 0, 1)
    return out
