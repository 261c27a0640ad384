"""A model and the task on it, checked against each other before the first step."""

from functools import cached_property

import mujoco
import numpy as np
from gymnasium.spaces import Box

from innervate.errors import ConfigError, ModelError

from . import diet
from .channel import Channel
from .model import Source, compile_spec, load_spec
from .sensors import sensor_layout
from .task import Task


class World:
    """What an environment consists of, single or batched: a body in its surroundings, and a task.

    Args:
        source: an MJCF or URDF file (path or text) or an `MjSpec`; it needs actuators with a control range, and the
            sensors that the task reads.
        task: what is perceived and rewarded.

    Raises:
        ModelError: the model does not compile, or has no actuators, or one without a control range.
        ConfigError: the task's control step is no whole multiple of the model's timestep.
    """

    def __init__(self, source: Source, task: Task) -> None:
        self.name = str(source) if not isinstance(source, mujoco.MjSpec) else f"model {source.modelname!r}"
        if self.name.lstrip().startswith("<"):
            self.name = "the given model"
        self.spec = load_spec(source)
        self.task = task
        self.model = compile_spec(self.spec, self.name)
        """The whole model, as it is drawn."""
        self.substeps = round(task.control_step_s / self.model.opt.timestep)
        if self.substeps < 1 or abs(self.substeps * self.model.opt.timestep - task.control_step_s) > 1e-9:
            raise ConfigError(
                f"The control step of {type(task).__name__}, {task.control_step_s} s, is not a whole multiple of the "
                f"timestep of {self.name}, {self.model.opt.timestep} s."
            )
        self._check_actuators()

    def _check_actuators(self) -> None:
        if self.model.nu == 0:
            raise ModelError(
                f"{self.name} has no actuators; add some to the MJCF, or to the spec: "
                "load_spec(source).add_actuator(...)."
            )
        free = np.flatnonzero(self.model.actuator_ctrllimited == 0)
        if free.size:
            raise ModelError(f"Actuator {self.model.actuator(int(free[0])).name!r} of {self.name} has no ctrlrange.")

    @cached_property
    def physics(self) -> mujoco.MjModel:
        """The lean copy that is stepped: same state and sensors, see `diet`."""
        return diet.physics_model(self.spec, self.name)

    @cached_property
    def sensors(self) -> dict[str, slice]:
        """Columns of the sensor readings by name."""
        return sensor_layout(self.model)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The parts of the observation, in order."""
        return self.task.channels

    @property
    def control_step_s(self) -> float:
        """Time between two actions."""
        return self.task.control_step_s

    @cached_property
    def observation_space(self) -> Box:
        """Flat, all channels in order."""
        return Box(-np.inf, np.inf, (sum(channel.size for channel in self.channels),), np.float32)

    @cached_property
    def action_space(self) -> Box:
        """One number per actuator, in the order of the model, within its control range."""
        low, high = self.model.actuator_ctrlrange.astype(np.float32).T
        return Box(low, high, dtype=np.float32)
