"""A window that shows one body as it moves: MuJoCo's own viewer, at the pace of the clock."""

import importlib
import os
import sys
import time
from typing import Any

import mujoco
import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError


def there_is_a_display() -> bool:
    """Whether a window could open here."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def check_display() -> None:
    """Raise `ConfigError` where no window could open."""
    if not there_is_a_display():
        raise ConfigError(
            "There is no display for render_mode='human' (neither DISPLAY nor WAYLAND_DISPLAY is set). Ask for "
            "'rgb_array' or 'rgb_array_list', or see a trained run on a web page: innervate play RUN --show page."
        )


class Window:
    """MuJoCo's viewer on one model; closed by hand, or by `close`.

    Args:
        model: what is shown.
        camera: number of the model's camera to look through; -1 for one that the mouse moves.
        step_s: time between two states, which the clock is waited for.

    Raises:
        ConfigError: there is no display, or the viewer does not open on it.
    """

    def __init__(self, model: mujoco.MjModel, camera: int, step_s: float) -> None:
        check_display()
        self._model, self._data, self._step_s = model, mujoco.MjData(model), step_s
        viewer = importlib.import_module("mujoco.viewer")
        try:
            self._viewer: Any = viewer.launch_passive(model, self._data, show_left_ui=False, show_right_ui=False)
        except RuntimeError as error:  # on macOS it has to run in the main thread of `mjpython`
            raise ConfigError(f"MuJoCo's viewer does not open: {error}. Ask for render_mode='rgb_array'.") from error
        if camera >= 0:
            self._viewer.cam.type, self._viewer.cam.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, camera
        self._shown_s = time.monotonic()

    def show(self, state: Float[np.ndarray, "state"]) -> None:
        """Draw a state in the layout of `mjSTATE_INTEGRATION`; nothing, once the window has been closed."""
        if not self._viewer.is_running():
            return
        with self._viewer.lock():
            mujoco.mj_setState(self._model, self._data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
            mujoco.mj_forward(self._model, self._data)
        self._viewer.sync()
        time.sleep(max(0.0, self._shown_s + self._step_s - time.monotonic()))
        self._shown_s = time.monotonic()

    def close(self) -> None:
        """Close the window."""
        self._viewer.close()
