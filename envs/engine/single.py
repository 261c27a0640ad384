"""One body as a Gymnasium environment."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
from jaxtyping import Float32

from ..contract import check_contract
from ..manual import settle
from ..randomisation import Randomisation
from ..world import World
from . import snapshots
from .engine import Engine
from .of_world import OfWorld
from .pictures import MODES, Pictures


class BodyEnv(OfWorld, gym.Env[np.ndarray, np.ndarray]):
    """A world of one body; the same engine and task code as `BodyVectorEnv`, with one environment.

    Args:
        world: body and task.
        randomisation: how the body and its senses vary from episode to episode; None for not at all.
        replay_folder: where the last states of an exploded body go; None for the system's temporary folder.
        render_mode: `rgb_array`, `depth_array` (metres) or `rgbd_tuple` (both) to get frames from `render`; `human`
            for a window that shows each step.
        width, height: size of a frame in pixels.
        camera_name, camera_id: which of the model's cameras, one of the two; None for its tracking one.

    The time limit is Gymnasium's own wrapper, as with every registered environment.
    """

    metadata: dict[str, Any] = {"render_modes": [*MODES, "human"]}  # noqa: RUF012  (Gymnasium's name; copied below)

    def __init__(
        self,
        world: World,
        *,
        randomisation: Randomisation | None = None,
        replay_folder: str | Path | None = None,
        render_mode: str | None = None,
        width: int = 640,
        height: int = 480,
        camera_name: str | None = None,
        camera_id: int | None = None,
    ) -> None:
        check_contract(world)
        settle(world)
        self.world = world
        self.engine = Engine(world, 1, 1, randomisation, None if replay_folder is None else Path(replay_folder))
        self.observation_space = world.observation_space
        self.action_space = world.action_space
        self._pictures = Pictures(
            world.model, render_mode, (width, height), camera_name, camera_id, world.control_step_s, window=True
        )
        self.render_mode = render_mode
        self.metadata = {"render_modes": self._pictures.modes, "render_fps": round(1 / world.control_step_s)}
        self._data: mujoco.MjData | None = None

    @property
    def elapsed(self) -> int:
        """Control steps since the episode began."""
        return int(self.engine.elapsed[0])

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
        if self.render_mode == "human":
            self.render()
        return self.engine.observation[0].copy(), {}

    def step(self, action: np.ndarray) -> tuple[Float32[np.ndarray, "observation"], float, bool, bool, dict[str, Any]]:
        """One control step. Raises `ConfigError` for a wrong shape and `NonFiniteError` for NaN in the action."""
        out = self.engine.step(np.asarray(action)[None])
        if self.render_mode == "human":
            self.render()
        info: dict[str, Any] = {f"reward/{name}": float(term[0]) for name, term in out.terms.items()}
        info["exploded"] = bool(out.exploded[0])
        for name, value in out.info.items():
            info[name] = value[:1].tolist()[0] if value.ndim == 1 else value[0].copy()
        return self.engine.observation[0].copy(), float(out.reward[0]), bool(out.terminated[0]), False, info

    def render(self) -> Any:
        """A frame: `(height, width, 3)` uint8, `(height, width)` float32 in metres, or both; None without a mode."""
        weather = self.engine.weather() if self.render_mode is not None else None
        return self._pictures.take(self.engine.state(0), weather[0] if weather else None)

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that the next steps depend on; `innervate.envs.engine.snapshots.restore` goes on from it bit for bit."""
        return self.engine.snapshot()

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on from a snapshot of the same world. A `TimeLimit` around this keeps its own count: see `snapshots`."""
        snapshots.check(snapshot, self.snapshot())
        self.engine.restore(snapshot)
        self._np_random = self.engine.rngs[0]

    def __getstate__(self) -> dict[str, Any]:
        """One generator stays one; a copy draws for itself."""
        begun = self._np_random is self.engine.rngs[0]
        own = {"_data": None, "_np_random": None if begun else self._np_random}
        return {**self.__dict__, **own, "begun": begun}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on where the original stood, with a generator of its own."""
        begun = state.pop("begun")
        self.__dict__.update(state)
        if begun:
            self._np_random = self.engine.rngs[0]

    def close(self) -> None:
        """Free the camera, or close the window."""
        self._pictures.close()
