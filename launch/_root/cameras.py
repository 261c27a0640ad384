"""Cameras and poses: one convention, checked at the door.

A pose is a 4 x 4 camera-to-world matrix in metres; the camera looks along -z, x is right and y is up, as in OpenGL,
MuJoCo and nerfstudio. Images have their first row on top; pixel (0, 0) has its middle at (0.5, 0.5).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64

from innervate.errors import ConfigError

__all__ = ["Pinhole", "Pose", "angle_between_rad", "check_pose", "look_at", "rotation"]

Pose = Float[np.ndarray, "4 4"]


@dataclass(frozen=True)
class Pinhole:
    """A pinhole camera without distortion; all in pixels."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or not (self.fx > 0 and self.fy > 0):
            raise ConfigError(f"A camera has a size of at least 1 x 1 and focal lengths above 0; this one is {self}.")

    @staticmethod
    def of_view(width: int, height: int, fovy_deg: float) -> "Pinhole":
        """Square pixels, the axis through the middle, a vertical field of view."""
        if not 0 < fovy_deg < 180:
            raise ConfigError(f"A field of view lies between 0 and 180 degrees; {fovy_deg} degrees was asked.")
        focal = height / 2 / float(np.tan(np.deg2rad(fovy_deg) / 2))
        return Pinhole(width, height, focal, focal, width / 2, height / 2)

    @property
    def fovy_deg(self) -> float:
        """The vertical field of view, where the axis goes through the middle."""
        return float(np.rad2deg(2 * np.arctan(self.height / 2 / self.fy)))

    @property
    def centred(self) -> bool:
        """Whether the axis goes through the middle and pixels are square, as a renderer without lens shift has it."""
        return self.fx == self.fy and self.cx == self.width / 2 and self.cy == self.height / 2

    def rays(self, stride: int = 1) -> Float64[np.ndarray, "pixel 3"]:
        """Rays through the pixels' middles in the camera's frame, at z = -1; row by row."""
        v, u = np.mgrid[: self.height : stride, : self.width : stride]
        x, y = (u + 0.5 - self.cx) / self.fx, -(v + 0.5 - self.cy) / self.fy
        return np.stack([x, y, -np.ones_like(x)], -1).reshape(-1, 3)

    def directions(self, stride: int = 1) -> Float32[np.ndarray, "pixel 3"]:
        """`rays` in single precision."""
        return self.rays(stride).astype(np.float32)

    def scaled(self, factor: float) -> "Pinhole":
        """The same view with `factor` times as many pixels along each axis, rounded."""
        w, h = max(1, round(self.width * factor)), max(1, round(self.height * factor))
        a, b = w / self.width, h / self.height
        return Pinhole(w, h, self.fx * a, self.fy * b, self.cx * a, self.cy * b)


def look_at(eye: Float[np.ndarray, "3"], target: Float[np.ndarray, "3"]) -> Pose:
    """The upright pose at `eye` that has `target` in the middle of the image."""
    ahead = np.asarray(target, float) - eye
    ahead /= max(float(np.linalg.norm(ahead)), 1e-12)
    up = np.array([0.0, 0.0, 1.0]) if abs(ahead[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(ahead, up)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(right, ahead), -ahead, np.asarray(eye, float)], 1)
    return pose


def rotation(vector_rad: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """The rotation about an axis by its length (Rodrigues)."""
    angle = float(np.linalg.norm(vector_rad))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector_rad / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)


def angle_between_rad(a: Pose, b: Pose) -> float:
    """The smallest rotation that turns one pose into the other."""
    return float(np.arccos(np.clip((np.trace(a[:3, :3].T @ b[:3, :3]) - 1) / 2, -1, 1)))


def check_pose(pose: np.ndarray, of: str) -> Pose:
    """The matrix, or `ConfigError` naming `of` where it is no rigid right-handed pose."""
    if pose.shape == (3, 4):
        pose = np.vstack([pose, [0, 0, 0, 1]])
    if pose.shape != (4, 4):
        raise ConfigError(f"The pose of {of} is no 4 x 4 matrix; its shape is {pose.shape}.")
    if not np.isfinite(pose).all():
        raise ConfigError(f"The pose of {of} holds NaN or infinity; leave the picture out if it was not registered.")
    turn = pose[:3, :3]
    if not np.allclose(turn.T @ turn, np.eye(3), atol=1e-3) or np.linalg.det(turn) < 0:
        raise ConfigError(
            f"The pose of {of} is not a rotation and a position (determinant {np.linalg.det(turn):.3f}): "
            "it is scaled, mirrored, or left-handed. Poses are camera-to-world: x right, y up, -z ahead."
        )
    return pose.astype(np.float64)
