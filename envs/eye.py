"""What the vehicle's camera sees wherever it is put: images for mapping, without driving there."""

import mujoco
import numpy as np
from jaxtyping import Float, UInt8

from .bodies.vehicle import poses
from .render import Camera
from .world import World


class Eye:
    """Looks through the camera of a world of the vehicle; holds an OpenGL context until `close`.

    Raises:
        ConfigError: no OpenGL library works here (the message has the line to type).
    """

    def __init__(self, world: World, width: int, height: int) -> None:
        self._model, self._data = world.model, mujoco.MjData(world.model)
        self._camera = Camera(world.model, width, height)

    def see(
        self, position_m: Float[np.ndarray, "frame 2"], heading_rad: Float[np.ndarray, "frame"]
    ) -> UInt8[np.ndarray, "frame height width 3"]:
        """One image for each place and heading (from x to y) of the vehicle, which stands on the ground."""
        kind = mujoco.mjtState.mjSTATE_INTEGRATION
        state = np.empty(mujoco.mj_stateSize(self._model, kind))
        frames: list[UInt8[np.ndarray, "height width 3"]] = []
        for qpos in poses(position_m, heading_rad):
            self._data.qpos[:] = qpos
            mujoco.mj_getState(self._model, self._data, state, kind)
            frames.append(self._camera.draw(state))
        return np.stack(frames)

    def close(self) -> None:
        """Give the OpenGL context back."""
        self._camera.close()
