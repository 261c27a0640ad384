"""The control ranges that an action stays within: read from the model, or given by name."""

from collections.abc import Mapping
from typing import Literal

import mujoco
import numpy as np

from innervate.errors import ConfigError, ModelError, UnknownNameError

from .actuators import Actuator, actuators

__all__ = ["Limit", "Limits", "check_limited", "limited"]

Limit = tuple[float, float] | Literal["joint"]
"""Lowest and highest control; `joint` for the range of the joint that a position servo is on."""
Limits = Mapping[str, Limit]
"""By the name of the actuator, or, where it has none, by that of what it acts on."""


def limited(model: mujoco.MjModel, limits: Limits, name: str) -> None:
    """Give the actuators of a compiled model these control ranges.

    Raises:
        UnknownNameError: there is no such actuator.
        ConfigError: a range is not finite, or upside down, or the joint has none.
    """
    known = {a.name or a.target: (i, a) for i, a in enumerate(actuators(model))}
    for key, limit in limits.items():
        if key not in known:
            raise UnknownNameError(f"actuator of {name} to limit", key, known)
        i, actuator = known[key]
        low, high = _of_joint(model, i, actuator) if limit == "joint" else limit
        if not (np.isfinite([low, high]).all() and low < high):
            raise ConfigError(f"The control range of actuator {actuator.called(i)} must be low < high; got {limit}.")
        model.actuator_ctrlrange[i], model.actuator_ctrllimited[i] = (low, high), 1


def check_limited(model: mujoco.MjModel, name: str) -> None:
    """Raise `ModelError` for a model without actuators, or for the first one without a control range."""
    found = actuators(model)
    if not found:
        raise ModelError(
            f"{name} has no actuators; add some to the MJCF, or to the spec: load_spec(source).add_actuator(...)."
        )
    for i, actuator in enumerate(found):
        if actuator.limits is None:
            key = actuator.name or actuator.target
            servo = f', or {{"{key}": "joint"}} for the range of its joint' if actuator.kind == "position" else ""
            raise ModelError(
                f"Actuator {actuator.called(i)} of {name} has no ctrlrange, so no action can be drawn or scaled. Write "
                f'ctrlrange="low high" in the MJCF, or set ctrllimited and ctrlrange on the actuator of the spec, or '
                f'make the World with limits={{"{key}": (low, high)}}{servo}.'
            )


def _of_joint(model: mujoco.MjModel, i: int, actuator: Actuator) -> tuple[float, float]:
    joint = int(model.actuator_trnid[i, 0])
    if actuator.kind != "position" or actuator.on != "joint" or not model.jnt_limited[joint]:
        raise ConfigError(
            f"Actuator {actuator.called(i)} is no position servo on a joint with a range (it is a {actuator.kind} on "
            f"{actuator.on} {actuator.target!r}); give its limits as (low, high)."
        )
    low, high = (model.jnt_range[joint] * model.actuator_gear[i, 0]).tolist()
    return min(low, high), max(low, high)
