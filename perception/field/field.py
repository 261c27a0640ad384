"""What a robot asks of a field, whatever it is made of."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, Float64, Int16, UInt8

from .camera import Intrinsics, Pose
from .capture import Bounds


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

    def render(self, pose: Pose, camera: Intrinsics) -> View:
        """What a camera sees from a camera-to-world pose (x right, y up, looking along -z)."""
        ...

    def density(self, points: Float[np.ndarray, "point 3"]) -> Float64[np.ndarray, "point"]:
        """Extinction at points of the world (1/m): the light falls by exp(-density) a metre."""
        ...


def normals(view: View, camera: Intrinsics, pose: Pose) -> Float32[np.ndarray, "height width 3"]:
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
