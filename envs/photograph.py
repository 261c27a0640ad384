"""A camera that can be put anywhere in a model: colours by OpenGL, depth and labels without it."""

import copy
from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float32, Float64, Int16, UInt8

from innervate.errors import ConfigError

from .render import Camera

MISS = -1
"""The label of a pixel whose ray hits nothing."""


@dataclass(frozen=True)
class Pinhole:
    """A camera without distortion: square pixels, the optical axis through the middle of the image."""

    width: int
    height: int
    fovy_deg: float

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or not 0 < self.fovy_deg < 180:
            raise ConfigError(
                f"A camera needs at least 1 x 1 pixels and a field of view between 0 and 180 degrees; "
                f"{self.width} x {self.height} at {self.fovy_deg} degrees was asked."
            )

    @property
    def focal_px(self) -> float:
        """Focal length in pixels, the same along both axes."""
        return self.height / 2 / np.tan(np.deg2rad(self.fovy_deg) / 2)

    def directions(self) -> Float64[np.ndarray, "pixel 3"]:
        """Rays through the pixels' middles in the camera's frame (x right, y up, looking along -z), at z = -1."""
        v, u = np.mgrid[: self.height, : self.width]
        x = (u + 0.5 - self.width / 2) / self.focal_px
        y = -(v + 0.5 - self.height / 2) / self.focal_px
        return np.stack([x, y, -np.ones_like(x)], -1).reshape(-1, 3)


def lit_evenly(model: mujoco.MjModel) -> mujoco.MjModel:
    """A copy in which a surface has one colour from wherever it is seen: no headlight, no gloss, no mirrors.

    In a model without lamps of its own, all the light is ambient.
    """
    model = copy.copy(model)
    light = model.vis.headlight
    dark = model.nlight == 0
    light.ambient[:] = np.minimum(light.ambient + light.diffuse, 1) if dark else np.maximum(light.ambient, 0.2)
    light.diffuse[:] = 0
    light.specular[:] = 0
    model.light_specular[:] = 0
    model.mat_specular[:] = 0
    model.mat_reflectance[:] = 0
    for k in range(model.nlight):
        model.light_mode[k] = mujoco.mjtCamLight.mjCAMLIGHT_FIXED  # none turns to follow a body
    return model


class RayCamera:
    """Depth and labels of a posed model by casting rays, which needs no OpenGL and gives the same numbers."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, pinhole: Pinhole) -> None:
        self._model, self._data = model, data
        self._pinhole = pinhole
        self._directions = pinhole.directions()
        n = len(self._directions)
        self._geom, self._distance = np.empty(n, np.int32), np.empty(n)
        self._groups = (np.arange(6) < 3).astype(np.uint8)  # those that the renderer shows, collision shapes left out

    def look(
        self, pose: Float64[np.ndarray, "4 4"]
    ) -> tuple[Float32[np.ndarray, "height width"], Int16[np.ndarray, "height width"]]:
        """Depth along the optical axis (m; infinite where nothing is hit) and geom ids (`MISS` likewise)."""
        rays = np.ascontiguousarray(self._directions @ pose[:3, :3].T)
        mujoco.mj_multiRay(
            self._model, self._data, np.ascontiguousarray(pose[:3, 3]), rays.ravel(), self._groups, 1, -1,
            self._geom, self._distance, None, len(rays), mujoco.mjMAXVAL,
        )  # fmt: skip
        size = (self._pinhole.height, self._pinhole.width)
        depth = np.where(self._geom >= 0, self._distance, np.inf)  # a ray's vector reaches to z = -1: distance is depth
        return depth.astype(np.float32).reshape(size), self._geom.astype(np.int16).reshape(size)


class Photographer(Camera):
    """Colours from any pose by OpenGL; holds a context until `close`.

    Raises:
        ConfigError: no OpenGL library works here (the message has the line to type).
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, pinhole: Pinhole) -> None:
        super().__init__(model, pinhole.width, pinhole.height)
        self._posed, self._pinhole = data, pinhole
        self._view.type = mujoco.mjtCamera.mjCAMERA_FREE
        self._depth = np.empty((pinhole.height, pinhole.width), np.float32)
        self._gl.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR  # as it is stored: 1 - z would lose digits

    def look(self, pose: Float64[np.ndarray, "4 4"]) -> UInt8[np.ndarray, "height width 3"]:
        """The image from a camera-to-world pose (x right, y up, looking along -z)."""
        self._context.make_current()
        mujoco.mjv_updateScene(
            self._model, self._posed, self._options, None, self._view, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene
        )
        near = self._model.vis.map.znear * self._model.stat.extent
        top = near * np.tan(np.deg2rad(self._pinhole.fovy_deg) / 2)
        for eye in self._scene.camera:  # both eyes of a stereo pair; the picture is of their mean
            eye.pos, eye.up, eye.forward = pose[:3, 3], pose[:3, 1], -pose[:3, 2]
            eye.frustum_near, eye.frustum_top, eye.frustum_bottom = near, top, -top
            eye.frustum_center, eye.frustum_width = 0.0, 0.0
        image = np.empty(self._size, np.uint8)
        mujoco.mjr_render(self._rectangle, self._scene, self._gl)
        mujoco.mjr_readPixels(image, self._depth, self._rectangle, self._gl)
        return np.flipud(image).copy()

    def depth(self) -> Float32[np.ndarray, "height width"]:
        """Depth of the last image from OpenGL's buffer (m along the axis): the oracle of `RayCamera`.

        Through the pixels' middles only in a model with `vis.quality.offsamples` 0; smoothed edges move the rays.
        """
        eye = self._scene.camera[0]
        near, far = eye.frustum_near, eye.frustum_far
        return np.flipud(near / (near / far + self._depth.astype(np.float64) * (1 - near / far))).astype(np.float32)
