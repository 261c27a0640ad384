"""Tries a task once on its model, so that a mistake in it is told before the first step."""

import mujoco
import numpy as np

from innervate.errors import ConfigError, UnknownNameError

from .sensors import Sensors
from .world import World

INPUT_FIELDS = ("ctrl", "qfrc_applied", "xfrc_applied", "eq_active", "mocap_pos", "mocap_quat")
"""What `Task.drive` may set: MuJoCo's inputs."""
STATE_FIELDS = ("qpos", "qvel", "act", "ctrl", "mocap_pos", "mocap_quat", "userdata")
"""What `Task.begin` may set: the parts of MuJoCo's state that have a meaning at the start of an episode."""


def check_contract(world: World) -> None:
    """Run each function of the task on one initial state.

    Raises:
        UnknownNameError: the task reads a sensor, or sets a state field, that the model does not have.
        ConfigError: a channel is missing, or an array has the wrong shape.
    """
    task, model, title = world.task, world.model, type(world.task).__name__
    data = mujoco.MjData(model)
    for field, value in task.begin(np.random.default_rng(0), 1).items():
        if field not in STATE_FIELDS:
            raise UnknownNameError(f"state field that {title}.begin may set", field, STATE_FIELDS)
        target = getattr(data, field)
        if value.shape != (1, *target.shape):
            raise ConfigError(f"{title}.begin gave {field} of shape {value.shape}; (n, *{target.shape}) is expected.")
        target[...] = value[0]
    mujoco.mj_forward(model, data)
    row = data.sensordata[None].copy()
    s = Sensors(world.sensors, row, row.copy())
    _check_observation(world, task.observe(s))
    for field, value in task.drive(s, np.zeros((1, model.nu)), data.userdata[None].copy()).items():
        if field not in INPUT_FIELDS:
            raise UnknownNameError(f"input that {title}.drive may set", field, INPUT_FIELDS)
        if value.shape != (1, *getattr(data, field).shape):
            expected = getattr(data, field).shape
            raise ConfigError(f"{title}.drive gave {field} of shape {value.shape}; (n, *{expected}) is expected.")
    per_environment = {
        **{f"reward term {name!r}": term for name, term in task.rewards(s, np.zeros((1, model.nu))).items()},
        "result of failed": task.failed(s),
        "result of success": task.success(s),
    }
    for what, value in per_environment.items():
        if value is not None and np.shape(value) != (1,):
            raise ConfigError(f"The {what} of {title} has shape {np.shape(value)}, not (1,), for one environment.")
    for name, value in task.info(s).items():
        if np.ndim(value) < 1 or len(value) != 1:
            raise ConfigError(f"{title}.info gave {name!r} without a leading axis of environments.")


def _check_observation(world: World, values: dict[str, np.ndarray]) -> None:
    title = type(world.task).__name__
    declared = {channel.name: channel.size for channel in world.channels}
    for name in values:
        if name not in declared:
            raise UnknownNameError(f"channel of {title}", name, declared)
    for name, size in declared.items():
        if name not in values:
            raise ConfigError(f"{title}.observe does not give the channel {name!r} that its channels declare.")
        if values[name].shape != (1, size):
            raise ConfigError(
                f"{title}.observe gave {name!r} of shape {values[name].shape} for one environment; its channel "
                f"declares (1, {size})."
            )
