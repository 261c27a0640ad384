"""What a body's camera sees wherever it is put: images for mapping and for senses, of one body or of many."""

import mujoco
import numpy as np
from jaxtyping import Float, UInt8

from innervate.errors import ConfigError

from ..bodies.vehicle import poses
from ..scenery.weather import Weather
from ..world import World
from .render import Camera

FEW_SLICES = 8
"""Of round things in an eye that is cheap: the trees of a town look the same at 32 x 16 pixels."""


class Eye:
    """Looks through the camera of a world; holds an OpenGL context until `close`.

    Args:
        world: whose camera it is: its first one, or the one called `track`.
        width, height: of one look, in pixels.
        views: looks, evenly around, from ahead clockwise, side by side in one image: 4 make a panorama.
        shadows: False leaves cast shadows out and draws round things from few slices: about a tenth of the cost without
            a graphics card.

    Raises:
        ConfigError: no OpenGL library works here (the message has the line to type), or fewer than one look.
    """

    def __init__(self, world: World, width: int, height: int, *, views: int = 1, shadows: bool = True) -> None:
        if views < 1:
            raise ConfigError(f"An eye looks at least once; views={views} was asked for.")
        self._model, self._data = world.model, mujoco.MjData(world.model)
        slices = None if shadows else FEW_SLICES
        self._camera = Camera(world.model, width, height, shadows=shadows, slices=slices)
        self._turns = -2 * np.pi / views * np.arange(views)

    def see(
        self,
        position_m: Float[np.ndarray, "frame 2"],
        heading_rad: Float[np.ndarray, "frame"],
        weather: Weather | None = None,
    ) -> UInt8[np.ndarray, "frame height width 3"]:
        """One image for each place and heading (from x to y) of the vehicle, which stands on the ground.

        In this weather, or in the one that was last seen (at first, the world's own).
        """
        states = np.stack([self._state(qpos) for qpos in poses(position_m, heading_rad)])
        return self.look(states, weather=[weather] * len(states))

    def look(
        self,
        states: Float[np.ndarray, "frame state"],
        turn_rad: Float[np.ndarray, "frame"] | None = None,
        weather: "list[Weather | None] | list[Weather] | None" = None,
    ) -> UInt8[np.ndarray, "frame height width 3"]:
        """One image for each state in the layout of `mjSTATE_INTEGRATION`: what many bodies see, through one context.

        `turn_rad`: how far to the left of the camera's own direction the first look goes, a head that turns.
        """
        frames = list[np.ndarray]()
        for k, state in enumerate(states):
            if weather is not None:
                self._camera.paint(weather[k])
            if turn_rad is None and len(self._turns) == 1:
                frames.append(self._camera.draw(state))
            else:
                frames.append(self._camera.around(state, self._turns + (0.0 if turn_rad is None else turn_rad[k])))
        return np.stack(frames)

    def _state(self, qpos: Float[np.ndarray, "qpos"]) -> Float[np.ndarray, "state"]:
        kind = mujoco.mjtState.mjSTATE_INTEGRATION
        state = np.empty(mujoco.mj_stateSize(self._model, kind))
        self._data.qpos[:] = qpos
        mujoco.mj_getState(self._model, self._data, state, kind)
        return state

    def close(self) -> None:
        """Give the OpenGL context back."""
        self._camera.close()
