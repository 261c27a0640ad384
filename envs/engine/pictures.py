"""What `render` gives, for one environment and for many: by Gymnasium's render modes, through any camera."""

from typing import Any

import mujoco
import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError, UnknownNameError

from ..scenery.weather import Weather
from ..sight.render import Camera, find_camera
from ..sight.window import Window, check_display, there_is_a_display

MODES = ("rgb_array", "depth_array", "rgbd_tuple")
"""What can be drawn off screen; `human` is a window, for one environment. Gymnasium makes `..._list` of each."""


class Pictures:
    """Draws states of a model; opens OpenGL, or a window, only when the first is asked for.

    Args:
        model: what is drawn.
        mode: one of `MODES`, `human`, or None for nothing.
        size: width and height of a frame in pixels.
        camera_name, camera_id: which of the model's cameras; at most one of the two. -1 for a free camera.
        step_s: time between two states, for a window.
        window: whether there may be one.

    Raises:
        UnknownNameError: there is no such mode, or no camera of that name.
        ConfigError: no camera of that number, or both were given; `human` where there is no display.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        mode: str | None,
        size: tuple[int, int],
        camera_name: str | None,
        camera_id: int | None,
        step_s: float,
        window: bool,
    ) -> None:
        known = (*MODES, "human") if window else MODES
        if mode is not None and mode not in known:
            raise UnknownNameError("render mode", mode, known)
        if mode == "human":
            check_display()
        if camera_name is not None and camera_id is not None:
            raise ConfigError(f"Give camera_name or camera_id, not both; {camera_name!r} and {camera_id} came.")
        self.mode = mode
        self.modes = [*MODES, *(["human"] if window and there_is_a_display() else [])]
        """What works here."""
        self._model, self._size, self._step_s = model, size, step_s
        self._view = find_camera(model, camera_name if camera_name is not None else camera_id)
        self._screen: Camera | Window | None = None

    def take(self, state: Float[np.ndarray, "state"], weather: Weather | None = None) -> Any:
        """A picture of a state in the layout of `mjSTATE_INTEGRATION`, as the mode has it; None for `human`.

        In a weather, or as the model is painted.
        """
        if self.mode is None:
            return None
        if self._screen is None:
            human = self.mode == "human"
            self._screen = (
                Window(self._model, self._view, self._step_s) if human else Camera(self._model, *self._size, self._view)
            )
        if isinstance(self._screen, Window):
            return self._screen.show(state)
        self._screen.paint(weather)
        if self.mode == "rgb_array":
            return self._screen.draw(state)
        if self.mode == "depth_array":
            return self._screen.depth_m(state)
        return self._screen.draw(state), self._screen.depth_m(state)

    def close(self) -> None:
        """Free the camera, or close the window; the next picture opens it anew."""
        if self._screen is not None:
            self._screen.close()
            self._screen = None

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what draws; a copy draws for itself."""
        return {**self.__dict__, "_screen": None}
