"""Tries a task once on its model, so that a mistake in it is told before the first step."""

import warnings

import numpy as np

from innervate.errors import ConfigError, UnknownNameError

from . import inputs
from .memory import Memory
from .task import info_of
from .world import World

__all__ = ["check_contract"]


def check_contract(world: World) -> None:
    """Run each function of the task on one initial state.

    Raises:
        UnknownNameError: the task reads a sensor, or sets a state field, that the model does not have.
        ConfigError: a channel is missing, or an array has the wrong shape.
    """
    task, model, title = world.task, world.model, type(world.task).__name__
    data, s = world.started()
    _check_observation(world, task.observe(s))
    memory = Memory(data.userdata[None].copy(), np.zeros(1, np.int64))
    for field, given in task.drive(s, np.zeros((1, model.nu)), memory).items():
        inputs.check(title, field, given, getattr(data, field).shape if field in inputs.FIELDS else ())
    per_environment = {
        **{f"reward term {name!r}": term for name, term in task.rewards(s, np.zeros((1, model.nu))).items()},
        "result of failed": task.failed(s),
        "result of success": task.success(s),
    }
    for what, value in per_environment.items():
        if value is not None and np.shape(value) != (1,):
            raise ConfigError(f"The {what} of {title} has shape {np.shape(value)}, not (1,), for one environment.")
    with warnings.catch_warnings():  # the engine warns
        warnings.simplefilter("ignore", DeprecationWarning)
        info = info_of(task)
    for name, value in info(s, memory).items():
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
