"""Frames of a model, off screen."""

import atexit
import importlib
import weakref

import mujoco
import numpy as np
from jaxtyping import Float, UInt8

from innervate.errors import ConfigError

from . import gl


class Camera:
    """Draws states of one model as `(height, width, 3)` images; holds an OpenGL context until `close`.

    It looks through the model's camera `track` where there is one, else the first one, else freely.

    Raises:
        ConfigError: no OpenGL library works here (the message has the line to type), or an image of no size.
    """

    _open = False

    def __init__(self, model: mujoco.MjModel, width: int, height: int) -> None:
        if width < 1 or height < 1:
            raise ConfigError(f"An image needs a width and a height of at least 1 pixel; {width}x{height} was asked.")
        backend = gl.choose()
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
        self._options = mujoco.MjvOption()
        self._view = self._find_view(model)
        self._rectangle = mujoco.MjrRect(0, 0, width, height)
        self._size = (height, width, 3)

    @staticmethod
    def _find_view(model: mujoco.MjModel) -> mujoco.MjvCamera:
        view = mujoco.MjvCamera()
        mujoco.mjv_defaultFreeCamera(model, view)
        if model.ncam:
            view.type = mujoco.mjtCamera.mjCAMERA_FIXED
            view.fixedcamid = max(0, mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, "track"))
        return view

    def draw(self, state: Float[np.ndarray, "state"]) -> UInt8[np.ndarray, "height width 3"]:
        """The image of a state in the layout of `mjSTATE_INTEGRATION`."""
        self._context.make_current()
        mujoco.mj_setState(self._model, self._data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
        mujoco.mj_forward(self._model, self._data)
        mujoco.mjv_updateScene(
            self._model, self._data, self._options, None, self._view, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene
        )
        image = np.empty(self._size, np.uint8)
        mujoco.mjr_render(self._rectangle, self._scene, self._gl)
        mujoco.mjr_readPixels(image, None, self._rectangle, self._gl)
        return np.flipud(image).copy()  # OpenGL's first row is the lowest

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


_OPEN: "weakref.WeakSet[Camera]" = weakref.WeakSet()


def _close_all() -> None:
    for camera in list(_OPEN):
        camera.close()
