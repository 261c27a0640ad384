"""The engine: many bodies of one world stepped by MuJoCo's batch, sensed and rewarded by the task's NumPy functions.

One environment is an engine of one; nothing else steps physics in this package, so single and batched agree bit for
bit. There is no Python per environment in a step, only in a reset (each has a random generator of its own).
"""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from mujoco.batch import Batch, SimulationError

from innervate.errors import ConfigError, NonFiniteError
from innervate.signals import slices

from .. import inputs
from ..memory import Memory
from ..randomisation import Randomisation
from ..scenery.weather import Weather
from ..sensors import Sensors
from ..task import info_of
from ..world import World
from . import seeding
from .imperfect import ImperfectSenses
from .readings import Readings
from .recorder import Recorder
from .varied import VariedBodies
from .warp_batch import Physics, WarpBatch

_BAD_FIRST, _BAD_LAST = int(mujoco.mjtWarning.mjWARN_BADQPOS), int(mujoco.mjtWarning.mjWARN_BADQACC)
_HUGE = 1e10
"""MuJoCo's own bound on positions, velocities and accelerations (`mjMAXVAL`), held for sensor readings too."""


@dataclass
class Outcome:
    """What a control step did, one entry an environment."""

    terms: dict[str, Float[np.ndarray, "env"]]
    """Named reward terms; zero where a body exploded."""
    reward: Float[np.ndarray, "env"]
    terminated: Bool[np.ndarray, "env"]
    """The task failed, or the body exploded."""
    exploded: Bool[np.ndarray, "env"]
    info: dict[str, np.ndarray]
    """`success`, if the task has one, and the task's own arrays."""


def _physics(world: World, n: int, threads: int, device: str) -> Physics:
    """MuJoCo's own batch, or one that steps on a GPU behind the same interface."""
    if device == "cpu":
        return Batch(world.physics, n, threads)
    return WarpBatch(world.physics, n, threads, "cpu" if device == "cpu-warp" else device)


class Engine:
    """`n` bodies of a world.

    Args:
        world: body and task.
        n: how many.
        threads: threads to step on, the caller's included; the results do not depend on it.
        randomisation: how the bodies and their senses vary from episode to episode; None for what the task says
            (`Task.senses`), which mostly is not at all.
        device: `cpu` for MuJoCo's own engine; `cuda:0` and the like for MuJoCo Warp (extra `[gpu]`), which follows it
            to single precision; `cpu-warp` for Warp's slow processor backend, to test without a GPU.
        replay_folder: where the last states of exploded bodies go; None for a folder of the system's temporary one.
    """

    def __init__(
        self,
        world: World,
        n: int,
        threads: int = 1,
        randomisation: Randomisation | None = None,
        replay_folder: Path | None = None,
        device: str = "cpu",
    ) -> None:
        self._arguments = (world, n, threads, randomisation, replay_folder, device)
        self._process = os.getpid()
        if n < 1:
            raise ConfigError(f"At least one environment is needed; num_envs={n} was asked for.")
        if threads < 1:
            raise ConfigError(f"At least one thread is needed; threads={threads} was asked for.")
        self.world = world
        self.n = n
        self.threads = min(threads, n)
        self.rngs = seeding.generators([None] * n)
        self._batch = _physics(world, n, self.threads, device)
        self._control = self._batch.bind("ctrl")
        self._readings = Readings(self._batch, world.physics)
        self._now = np.zeros((n, world.physics.nsensordata))
        self._before = np.zeros_like(self._now)
        self._sensors = Sensors(world.sensors, _read_only(self._now), _read_only(self._before))
        self._applied = _read_only(self._control)
        self._bad = self._batch.warning[:, _BAD_FIRST : _BAD_LAST + 1, 1]  # how often MuJoCo warned, live
        self._warned = self._bad.sum(axis=1)
        self._zeros = np.zeros(n)
        self._sound = _read_only(np.zeros(n, bool))
        self._columns = slices(world.channels)
        self.observation = np.zeros((n, world.observation_space.shape[0]), np.float32)
        """What every body perceives now, `(env, observation)`; rewritten in place by `begin` and `step`."""
        self._info = info_of(world.task)
        self._recorder = Recorder(n, self._batch.state.shape[1], replay_folder)
        self.elapsed = np.zeros(n, np.int64)
        """Control steps since each episode began, `(env,)`."""
        self._memory = Memory(_read_only(self._batch.bind("userdata")), _read_only(self.elapsed))
        self._bodies = self._senses = None
        randomisation = world.task.senses if randomisation is None else randomisation
        if randomisation is not None:
            if device != "cpu" and randomisation.bodies():
                raise ConfigError(f"Bodies cannot be randomised on {device}: use device='cpu', or only their senses.")
            self._bodies = VariedBodies(self._batch, world.physics, randomisation)
            self._senses = ImperfectSenses(world.channels, n, world.control_step_s, randomisation)

    def begin(self, ids: Int[np.ndarray, "chosen"]) -> None:
        """Start a new episode in the chosen environments (sorted indices), each from its own random generator."""
        self._check_process()
        starts = [self.world.task.begin(self.rngs[i], 1) for i in ids]
        self._batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE.value)
        for field in starts[0]:
            values = np.concatenate([start[field] for start in starts])
            if not np.isfinite(values).all():
                raise NonFiniteError(f"{type(self.world.task).__name__}.begin gave a {field} that is not finite.")
            self._batch.bind(field)[ids] = values
        if self._bodies is not None:
            self._bodies.draw(ids, self.rngs)
        self._now[ids] = self._before[ids] = self._readings.begin(ids)[ids]
        self._warned[ids] = self._bad[ids].sum(axis=1)
        self.elapsed[ids] = 0
        s = Sensors(self.world.sensors, self._now[ids], self._before[ids])
        clean = self._flat(self.world.task.observe(s))
        self.observation[ids] = clean if self._senses is None else self._senses.begin(ids, self.rngs, clean)
        self._recorder.begin(ids)

    def step(self, action: np.ndarray, ids: Int[np.ndarray, "chosen"] | None = None) -> Outcome:
        """One control step of the chosen environments (all for None); the rows of the others mean nothing.

        Raises:
            ConfigError: the action has not one row per environment and one column per actuator.
            NonFiniteError: NaN or infinity in the action, or made by the task from readings that are fine.
        """
        self._check_process()
        self._control[:] = self._checked(action)
        self._drive()
        self._recorder.record(self._batch.state)
        exploded = self._advance(ids)
        self.elapsed[slice(None) if ids is None else ids] += 1
        if exploded is not self._sound:
            self._now[exploded] = self._before[exploded]
        task, s = self.world.task, self._sensors
        terms = task.rewards(s, self._applied)
        terminated = task.failed(s) | exploded
        info = {name: np.array(value) for name, value in self._info(s, self._memory).items()}  # no live views
        success = task.success(s)
        if success is not None:
            info["success"] = success
        clean = self._flat(task.observe(s))
        self.observation[:] = clean if self._senses is None else self._senses.sense(clean)
        if exploded is not self._sound:
            terms = {name: np.where(exploded, 0.0, term) for name, term in terms.items()}
            info["replay"] = self._write_replays(exploded)
        return Outcome(terms, self._total(terms), terminated, exploded, info)

    def _drive(self) -> None:
        """Let the task push the bodies and disturb their muscles for the coming control step."""
        title = type(self.world.task).__name__
        for field, given in self.world.task.drive(self._sensors, self._applied, self._memory).items():
            inputs.write(title, field, given, self._batch.bind(field))

    def _advance(self, ids: Int[np.ndarray, "chosen"] | None) -> Bool[np.ndarray, "env"]:
        """Step the physics and read the sensors; returns which bodies exploded (`_sound` itself if none did)."""
        broken = None
        try:
            self._readings.step(ids, self.world.substeps)
        except SimulationError as error:
            broken = error.ids
        self._before[:] = self._now
        self._now[:] = self._readings.sense(ids)
        if broken is None and not self._bad.any() and np.abs(self._now).max(initial=0.0) < _HUGE:
            return self._sound
        warned = self._bad.sum(axis=1)
        exploded = (warned != self._warned) | ~(np.abs(self._now) < _HUGE).all(axis=1)
        self._warned = warned
        if broken is not None:
            exploded[broken] = True
        if ids is not None:
            chosen = np.zeros(self.n, bool)
            chosen[ids] = True
            exploded &= chosen
        return exploded if exploded.any() else self._sound

    def _write_replays(self, exploded: Bool[np.ndarray, "env"]) -> np.ndarray:
        paths = np.full(self.n, None, object)
        for i in np.flatnonzero(exploded):
            paths[i] = self._recorder.write(int(i), self._batch, self.world.substeps, self.world.name)
        return paths

    def _checked(self, action: np.ndarray) -> np.ndarray:
        if action.shape != self._control.shape:
            raise ConfigError(
                f"An action of shape {self._control.shape} is expected (environments, actuators); {action.shape} came."
            )
        if not np.isfinite(action).all():
            row, column = np.argwhere(~np.isfinite(action))[0]
            name = self.world.model.actuator(int(column)).name
            raise NonFiniteError(f"The action for actuator {name!r} of environment {row} is {action[row, column]}.")
        return action

    def _flat(self, values: dict[str, Float[np.ndarray, "env _"]]) -> Float32[np.ndarray, "env observation"]:
        flat = np.empty((len(next(iter(values.values()))), self.observation.shape[1]), np.float32)
        for name, columns in self._columns.items():
            flat[:, columns] = values[name]
        if not np.isfinite(flat).all():
            name = next(n for n, columns in self._columns.items() if not np.isfinite(flat[:, columns]).all())
            raise NonFiniteError(
                f"{type(self.world.task).__name__}.observe made a {name} that is not finite from readings that are."
            )
        return flat

    def _total(self, terms: dict[str, Float[np.ndarray, "env"]]) -> Float[np.ndarray, "env"]:
        total = sum(terms.values(), start=0.0) + self._zeros
        if not np.isfinite(total).all():
            name = next(n for n, term in terms.items() if not np.isfinite(term).all())
            raise NonFiniteError(f"The reward term {name!r} of {type(self.world.task).__name__} is not finite.")
        return total

    def _check_process(self) -> None:
        """The threads of the physics do not follow a fork: a step would wait for them for ever."""
        if os.getpid() != self._process:
            raise ConfigError(
                f"This environment was made in process {self._process} and cannot be stepped in {os.getpid()}, which "
                "was forked from it. Make it in the process that steps it, or pickle it and unpickle it there."
            )

    def __getstate__(self) -> dict[str, Any]:
        """What it was made of, and a snapshot: the physics itself lives outside Python."""
        return {"arguments": self._arguments, "snapshot": self.snapshot()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the same engine, in the same state."""
        with warnings.catch_warnings():  # the original has warned
            warnings.simplefilter("ignore", DeprecationWarning)
            Engine.__init__(self, *state["arguments"])
        self.restore(state["snapshot"])

    def state(self, i: int) -> Float[np.ndarray, "state"]:
        """The physics of one environment in the layout of `mjSTATE_INTEGRATION`."""
        return self._batch.state[i].copy()

    def weather(self) -> list[Weather] | None:
        """In what weather each environment is seen now; None for their world's own."""
        return self.world.task.weather(self._sensors)

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that the next steps depend on, as copies."""
        return {
            "state": self._batch.state.copy(),
            "rng": seeding.to_words(self.rngs),
            "readings": self._now.copy(),
            "previous": self._before.copy(),
            "observation": self.observation.copy(),
            "elapsed": self.elapsed.copy(),
            **({} if self._bodies is None else self._bodies.snapshot()),
            **({} if self._senses is None else self._senses.snapshot()),
        }

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on bit for bit from a `snapshot` of an engine of the same world and size."""
        self._batch.state[:] = snapshot["state"]
        self.rngs = seeding.from_words(snapshot["rng"])
        self._now[:] = snapshot["readings"]
        self._before[:] = snapshot["previous"]
        self.observation[:] = snapshot["observation"]
        self.elapsed[:] = snapshot["elapsed"]
        if self._bodies is not None:
            self._bodies.restore(snapshot)
        if self._senses is not None:
            self._senses.restore(snapshot)
        self._recorder.begin(np.arange(self.n))
        self._warned = self._bad.sum(axis=1)


def _read_only(array: np.ndarray) -> np.ndarray:
    """A view for those who may look but not write."""
    view = array.view()
    view.flags.writeable = False
    return view
