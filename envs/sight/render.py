"""Frames of a model, off screen."""

import atexit
import copy
import importlib
import weakref

import mujoco
import numpy as np
from jaxtyping import Float, Float32, UInt8

from innervate.errors import ConfigError, UnknownNameError

from ..scenery.paint import paint
from ..scenery.weather import Weather
from . import gl


class Camera:
    """Draws states of one model as `(height, width, 3)` images; holds an OpenGL context until `close`.

    Args:
        model: what is drawn.
        width, height: of an image, in pixels.
        camera: name or number of one of the model's cameras, -1 for a free one; None for `track` where there is one,
            else the first one, else a free one.
        shadows: whether the sun casts shadows, which is most of what a picture costs without a graphics card.
        slices: into how many a round thing is cut; None for as many as the model says.

    Raises:
        ConfigError: no OpenGL library works here (the message has the line to type), or an image of no size.
        UnknownNameError: there is no camera of that name.
    """

    _open = False

    def __init__(
        self,
        model: mujoco.MjModel,
        width: int,
        height: int,
        camera: str | int | None = None,
        *,
        shadows: bool = True,
        slices: int | None = None,
    ) -> None:
        if width < 1 or height < 1:
            raise ConfigError(f"An image needs a width and a height of at least 1 pixel; {width}x{height} was asked.")
        number = find_camera(model, camera)
        backend = gl.choose()
        self._weather: Weather | None = None
        if slices is not None:
            model = copy.copy(model)
            model.vis.quality.numslices, model.vis.quality.numstacks = slices, max(slices // 2, 2)
        model.vis.global_.offwidth = max(model.vis.global_.offwidth, width)
        model.vis.global_.offheight = max(model.vis.global_.offheight, height)
        self._model = model
        self._data = mujoco.MjData(model)
        self._context = importlib.import_module(f"mujoco.{backend}").GLContext(width, height)
        if not _OPEN:
            atexit.unregister(_close_all)
            atexit.register(_close_all)  # after EGL's own exit hook was registered, so that it runs before that one
        _OPEN.add(self)
        self._open = True
        self._context.make_current()
        self._gl = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_150.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._gl)
        self._scene = mujoco.MjvScene(model, maxgeom=max(1000, 2 * model.ngeom + 100))
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        self._options = mujoco.MjvOption()
        self._options.flags[mujoco.mjtVisFlag.mjVIS_RANGEFINDER] = False  # no camera sees what a range finder measures
        self._gl.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR  # as it is stored: 1 - z would lose digits
        self._view = mujoco.MjvCamera()
        mujoco.mjv_defaultFreeCamera(model, self._view)
        if number >= 0:
            self._view.type, self._view.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, number
        self._rectangle = mujoco.MjrRect(0, 0, width, height)
        self._size = (height, width)

    def paint(self, weather: Weather | None) -> None:
        """See what follows in this weather; None leaves the light as it is."""
        if weather is None or weather == self._weather:
            return
        if self._weather is None:
            self._model = copy.copy(self._model)  # others look at the one that was given
        self._weather = weather
        self._context.make_current()
        for texture in paint(self._model, weather):
            mujoco.mjr_uploadTexture(self._model, self._gl, texture)

    def draw(self, state: Float[np.ndarray, "state"]) -> UInt8[np.ndarray, "height width 3"]:
        """The image of a state in the layout of `mjSTATE_INTEGRATION`."""
        self._render(state)
        image = np.empty((*self._size, 3), np.uint8)
        mujoco.mjr_readPixels(image, None, self._rectangle, self._gl)
        return np.flipud(image).copy()  # OpenGL's first row is the lowest

    def around(
        self, state: Float[np.ndarray, "state"], turns_rad: Float[np.ndarray, "view"]
    ) -> UInt8[np.ndarray, "height width 3"]:
        """Images side by side, the camera turned to the left about the vertical by each of these angles."""
        self._context.make_current()
        mujoco.mj_setState(self._model, self._data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
        for stage in (mujoco.mj_kinematics, mujoco.mj_comPos, mujoco.mj_camlight):  # all that a picture needs
            stage(self._model, self._data)
        mujoco.mjv_updateScene(
            self._model, self._data, self._options, None, self._view, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene
        )
        height, width = self._size
        image = np.empty((height, width, 3), np.uint8)
        whole = np.empty((height, width * len(turns_rad), 3), np.uint8)
        seen = [(np.array(eye.forward), np.array(eye.up)) for eye in self._scene.camera]
        for k, angle in enumerate(turns_rad):
            c, s = np.cos(angle), np.sin(angle)
            turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
            for eye, (forward, up) in zip(self._scene.camera, seen, strict=True):
                eye.forward, eye.up = turn @ forward, turn @ up
            mujoco.mjr_render(self._rectangle, self._scene, self._gl)
            mujoco.mjr_readPixels(image, None, self._rectangle, self._gl)
            whole[:, k * width : (k + 1) * width] = np.flipud(image)
        return whole

    def depth_m(self, state: Float[np.ndarray, "state"]) -> Float32[np.ndarray, "height width"]:
        """How far away what is seen is (m), along the camera's axis; the far end of its view where nothing is."""
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = True  # solid, without mirrors: sharper far away
        self._render(state)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = False
        buffer = np.empty(self._size, np.float32)
        mujoco.mjr_readPixels(None, buffer, self._rectangle, self._gl)
        return self._metres(buffer)

    def _metres(self, buffer: Float32[np.ndarray, "height width"]) -> Float32[np.ndarray, "height width"]:
        """OpenGL's depth, 1 at the near end of what the scene's camera sees and 0 at the far one, as metres."""
        eye, part = self._scene.camera[0], np.flipud(buffer).astype(np.float64)
        near, far = eye.frustum_near, eye.frustum_far
        if eye.orthographic:
            return (far - part * (far - near)).astype(np.float32)
        return (near / (near / far + part * (1 - near / far))).astype(np.float32)

    def _render(self, state: Float[np.ndarray, "state"]) -> None:
        self._context.make_current()
        mujoco.mj_setState(self._model, self._data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
        mujoco.mj_forward(self._model, self._data)
        mujoco.mjv_updateScene(
            self._model, self._data, self._options, None, self._view, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene
        )
        mujoco.mjr_render(self._rectangle, self._scene, self._gl)

    def close(self) -> None:
        """Give the OpenGL context back; a second call does nothing."""
        if self._open:
            self._open = False
            _OPEN.discard(self)
            self._context.make_current()
            self._gl.free()
            self._context.free()

    def __del__(self) -> None:
        self.close()


def find_camera(model: mujoco.MjModel, camera: str | int | None) -> int:
    """The number of a camera of the model; -1 for a free one. See `Camera`."""
    names = [model.camera(i).name for i in range(model.ncam)]
    if camera is None:
        return names.index("track") if "track" in names else min(model.ncam, 1) - 1
    if isinstance(camera, str):
        if camera not in names:
            raise UnknownNameError("camera of the model", camera, names)
        return names.index(camera)
    if not -1 <= camera < model.ncam:
        told = ", ".join(f"{i} is {name!r}" for i, name in enumerate(names)) or "none of its own"
        raise ConfigError(f"The model has no camera {camera}; it has {told}, and -1 is a free one.")
    return camera


_OPEN: "weakref.WeakSet[Camera]" = weakref.WeakSet()


def _close_all() -> None:
    for camera in list(_OPEN):
        camera.close()
