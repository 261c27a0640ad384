"""A model and the task on it, checked against each other before the first step."""

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mujoco
import numpy as np
from gymnasium.spaces import Box

from innervate.errors import ConfigError, ModelError, UnknownNameError
from innervate.signals import Channel

from . import diet
from .inputs import STATE_FIELDS
from .limits import Limits, check_limited, limited
from .model import Source, compile_spec, load_spec, named
from .sensors import Columns, Sensors, sensor_layout
from .task import Task

__all__ = ["Registration", "World"]

_UNSUPPORTED = {
    "sleep": ("enableflags", mujoco.mjtEnableBit.mjENBL_SLEEP, "disable"),
    "IPC": ("enableflags", mujoco.mjtEnableBit.mjENBL_IPC, "disable"),
    "sensor": ("disableflags", mujoco.mjtDisableBit.mjDSBL_SENSOR, "enable"),
}
"""Flags with which bodies cannot be stepped together, or not sensed, and what they would have to be."""


@dataclass(frozen=True)
class Registration:
    """How a task is known to Gymnasium."""

    id: str
    options: type[Any]
    """Dataclass of what it can be asked for."""
    episode_steps: int


class World:
    """What an environment consists of, single or batched: a body in its surroundings, and a task.

    Args:
        source: an MJCF or URDF file (path or text), an `MjSpec`, or a compiled `MjModel` (copied as it is; to change
            a body, give its spec). It needs actuators and the sensors that the task reads.
        task: what is perceived and rewarded.
        limits: control ranges by the name of the actuator, for those that have none of their own (or another); `joint`
            gives a position servo the range of its joint.
        drawn: what is drawn in place of `source`: the same body with more around it that is seen and never felt. It
            is the task's author who says that no sensor reaches what `source` lacks.

    There are two models: `model`, the whole of it, which is drawn, and `physics`, the lean copy that is stepped, with
    the same state and sensors (see `diet`). Both are compiled here: what happens to files afterwards does not matter.

    Raises:
        ModelError: the model does not compile, has no actuators, or one without a control range, or is stepped in a
            way that a batch cannot be.
        ConfigError: the task's control step is no whole multiple of the model's timestep.
    """

    def __init__(
        self,
        source: Source | mujoco.MjModel,
        task: Task,
        *,
        limits: Limits | None = None,
        drawn: mujoco.MjSpec | None = None,
    ) -> None:
        self.name = named(source)
        self.task = task
        self._spec: mujoco.MjSpec | None = None
        if isinstance(source, mujoco.MjModel):
            self.model, self.physics = copy.copy(source), diet.physics_of_model(source)
        else:
            self._spec = load_spec(source)
            self.model = compile_spec(drawn or self._spec, self.name)
            self.physics = diet.physics_model(self._spec, self.name)
            _check_same_state(self.model, self.physics, self.name)
        self._check_supported()
        self.substeps = round(task.control_step_s / self.model.opt.timestep)
        if self.substeps < 1 or abs(self.substeps * self.model.opt.timestep - task.control_step_s) > 1e-9:
            raise ConfigError(
                f"The control step of {type(task).__name__}, {task.control_step_s} s, is not a whole multiple of the "
                f"timestep of {self.name}, {self.model.opt.timestep} s."
            )
        for model in (self.model, self.physics):
            limited(model, limits or {}, self.name)
        check_limited(self.model, self.name)
        self.registration: Registration | None = None
        """How it was asked for; None for a world of one's own."""

    def _check_supported(self) -> None:
        for name, (flags, bit, wanted) in _UNSUPPORTED.items():
            if getattr(self.model.opt, flags) & int(bit):
                raise ModelError(
                    f"{self.name} has the flag {name} set to {'enable' if wanted == 'disable' else 'disable'}, with "
                    f"which bodies cannot be {'sensed' if name == 'sensor' else 'stepped as a batch'}. Write "
                    f'<option><flag {name.lower()}="{wanted}"/></option> in the MJCF.'
                )

    @property
    def spec(self) -> mujoco.MjSpec:
        """What the models were compiled from. Raises `ConfigError` where only a compiled model is known."""
        if self._spec is None:
            raise ConfigError(f"{self.name} is a compiled model alone (so given, or a copy): it has no spec.")
        return self._spec

    def __getstate__(self) -> dict[str, Any]:
        """All but the spec, which cannot be pickled; both models can."""
        return {**self.__dict__, "_spec": None}

    @cached_property
    def sensors(self) -> dict[str, Columns]:
        """Columns of the sensor readings by name."""
        return sensor_layout(self.model)

    def started(self) -> tuple[mujoco.MjData, Sensors]:
        """A state as the task begins it, and the readings there, for those who try the task once.

        Raises:
            UnknownNameError: the task sets a state field that it may not.
            ConfigError: an array has the wrong shape.
        """
        title, data = type(self.task).__name__, mujoco.MjData(self.model)
        for field, value in self.task.begin(np.random.default_rng(0), 1).items():
            if field not in STATE_FIELDS:
                raise UnknownNameError(f"state field that {title}.begin may set", field, STATE_FIELDS)
            target = getattr(data, field)
            if value.shape != (1, *target.shape):
                expected = f"(n, *{target.shape}) is expected"
                raise ConfigError(f"{title}.begin gave {field} of shape {value.shape}; {expected}.")
            target[...] = value[0]
        mujoco.mj_forward(self.model, data)
        row = data.sensordata[None].copy()
        return data, Sensors(self.sensors, row, row.copy())

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


def _check_same_state(drawn: mujoco.MjModel, stepped: mujoco.MjModel, name: str) -> None:
    for size in ("nq", "nv", "nu", "na", "nmocap", "nuserdata", "nsensordata"):
        if getattr(drawn, size) != getattr(stepped, size):
            raise ModelError(
                f"What is drawn of {name} has another state than what is stepped: {size} is {getattr(drawn, size)} and "
                f"{getattr(stepped, size)}. Copy the spec and add to the copy what has no joints, motors or sensors."
            )
