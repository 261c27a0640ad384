"""One body as a Gymnasium environment."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
from jaxtyping import Float32, UInt8

from . import snapshots
from .engine import Engine
from .of_world import OfWorld
from .options import Randomisation
from .render import Camera
from .world import World

RENDER_MODES = ("rgb_array",)


class BodyEnv(OfWorld, gym.Env[np.ndarray, np.ndarray]):
    """A world of one body; the same engine and task code as `BodyVectorEnv`, with one environment.

    Args:
        world: body and task.
        randomisation: how the body and its senses vary from episode to episode; None for not at all.
        replay_folder: where the last states of an exploded body go; None for the system's temporary folder.
        render_mode: `rgb_array` to get frames from `render`.
        width, height: size of a frame in pixels.

    The time limit is Gymnasium's own wrapper, as with every registered environment.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES)}  # noqa: RUF012  (Gymnasium's name; copied below)

    def __init__(
        self,
        world: World,
        *,
        randomisation: Randomisation | None = None,
        replay_folder: str | Path | None = None,
        render_mode: str | None = None,
        width: int = 640,
        height: int = 480,
    ) -> None:
        self.world = world
        self.engine = Engine(world, 1, 1, randomisation, None if replay_folder is None else Path(replay_folder))
        self.observation_space = world.observation_space
        self.action_space = world.action_space
        self.render_mode = snapshots.checked_render_mode(render_mode, RENDER_MODES)
        self.metadata = {"render_modes": list(RENDER_MODES), "render_fps": round(1 / world.control_step_s)}
        self.elapsed = 0
        """Control steps since the episode began."""
        self._image = (width, height)
        self._camera: Camera | None = None
        self._data: mujoco.MjData | None = None

    @property
    def data(self) -> mujoco.MjData:
        """The present state, with all that MuJoCo derives from it; a copy, to look at."""
        if self._data is None:
            self._data = mujoco.MjData(self.model)
        mujoco.mj_setState(self.model, self._data, self.engine.state(0), mujoco.mjtState.mjSTATE_INTEGRATION)
        mujoco.mj_forward(self.model, self._data)
        return self._data

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "observation"], dict[str, Any]]:
        """Begin an episode. `options` has no keys here; see the task for what is drawn at random."""
        super().reset(seed=seed)
        self.engine.rngs = [self.np_random]
        self.engine.begin(np.array([0]))
        self.elapsed = 0
        return self.engine.observation[0].copy(), {}

    def step(self, action: np.ndarray) -> tuple[Float32[np.ndarray, "observation"], float, bool, bool, dict[str, Any]]:
        """One control step. Raises `ConfigError` for a wrong shape and `NonFiniteError` for NaN in the action."""
        out = self.engine.step(np.asarray(action)[None])
        self.elapsed += 1
        info: dict[str, Any] = {f"reward/{name}": float(term[0]) for name, term in out.terms.items()}
        info["exploded"] = bool(out.exploded[0])
        for name, value in out.info.items():
            info[name] = value[:1].tolist()[0] if value.ndim == 1 else value[0].copy()
        return self.engine.observation[0].copy(), float(out.reward[0]), bool(out.terminated[0]), False, info

    def render(self) -> UInt8[np.ndarray, "height width 3"] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The body through its tracking camera; None unless made with `render_mode="rgb_array"`."""
        if self.render_mode is None:
            return None
        if self._camera is None:
            self._camera = Camera(self.model, *self._image)
        return self._camera.draw(self.engine.state(0))

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that the next steps depend on; `innervate.envs.snapshots.restore` goes on from it bit for bit."""
        return {**self.engine.snapshot(), "elapsed": np.array([self.elapsed])}

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on from a snapshot of the same world. A `TimeLimit` around this keeps its own count: see `snapshots`."""
        snapshots.check(snapshot, self.snapshot())
        self.engine.restore(snapshot)
        self._np_random = self.engine.rngs[0]
        self.elapsed = int(snapshot["elapsed"][0])

    def close(self) -> None:
        """Free the camera."""
        if self._camera is not None:
            self._camera.close()
            self._camera = None
