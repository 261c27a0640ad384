"""A camera that can be put anywhere in a model: colours by OpenGL, depth and labels without it."""

import copy

import mujoco
import numpy as np
from jaxtyping import Float32, Float64, Int16, UInt8

from innervate.cameras import Pinhole
from innervate.errors import ConfigError

from .render import Camera

MISS = -1
"""The label of a pixel whose ray hits nothing."""


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
        self._directions = pinhole.rays()
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
        ConfigError: no OpenGL library works here (the message has the line to type), or the camera is not centred.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, pinhole: Pinhole) -> None:
        if not pinhole.centred:
            raise ConfigError(f"OpenGL draws square pixels around the middle of the picture; this camera is {pinhole}.")
        super().__init__(model, pinhole.width, pinhole.height)
        self._posed, self._pinhole = data, pinhole
        self._view.type = mujoco.mjtCamera.mjCAMERA_FREE
        self._depth = np.empty((pinhole.height, pinhole.width), np.float32)

    def look(self, pose: Float64[np.ndarray, "4 4"]) -> UInt8[np.ndarray, "height width 3"]:
        """The image from a camera-to-world pose (x right, y up, looking along -z)."""
        self._context.make_current()
        mujoco.mjv_updateScene(
            self._model, self._posed, self._options, None, self._view, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene
        )
        near = self._model.vis.map.znear * self._model.stat.extent
        top = near * self._pinhole.height / 2 / self._pinhole.fy
        for eye in self._scene.camera:  # both eyes of a stereo pair; the picture is of their mean
            eye.pos, eye.up, eye.forward = pose[:3, 3], pose[:3, 1], -pose[:3, 2]
            eye.frustum_near, eye.frustum_top, eye.frustum_bottom = near, top, -top
            eye.frustum_center, eye.frustum_width = 0.0, 0.0
        image = np.empty((*self._size, 3), np.uint8)
        mujoco.mjr_render(self._rectangle, self._scene, self._gl)
        mujoco.mjr_readPixels(image, self._depth, self._rectangle, self._gl)
        return np.flipud(image).copy()

    def depth(self) -> Float32[np.ndarray, "height width"]:
        """Depth of the last image from OpenGL's buffer (m along the axis): the oracle of `RayCamera`.

        Through the pixels' middles only in a model with `vis.quality.offsamples` 0; smoothed edges move the rays.
        """
        return self._metres(self._depth)
