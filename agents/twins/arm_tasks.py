"""Reaching with the muscle arm under conditions that ask for other commands: what is learned one after the other."""

from collections.abc import Callable
from dataclasses import dataclass

from innervate.errors import UnknownNameError

from .in_field import InField
from .muscle_arm import MuscleArm
from .plant import Plant


@dataclass(frozen=True)
class ArmTask:
    """A body to reach with, and how late it is felt."""

    plant: Plant
    sense_delay_s: float = 0.0


_MADE: dict[str, Callable[[], ArmTask]] = {
    "reach": lambda: ArmTask(MuscleArm()),
    "curl": lambda: ArmTask(InField(MuscleArm(), "curl", 13.0)),
    "curl-back": lambda: ArmTask(InField(MuscleArm(), "curl", -13.0)),
    "viscous": lambda: ArmTask(InField(MuscleArm(), "viscous", 13.0)),
    "heavy": lambda: ArmTask(MuscleArm(loads=(1.0, 2.5))),
    "heavy-upper": lambda: ArmTask(MuscleArm(loads=(2.5, 1.0))),
    "late": lambda: ArmTask(MuscleArm(), sense_delay_s=0.05),
}
"""A plain arm; curl fields of 13 N s/m to either side and a viscous one, as `innervate/ForceField-v0` has them; a
forearm or an upper arm of two and a half times the mass; senses 50 ms late."""
ARM_TASKS = tuple(_MADE)
"""Their names."""


def arm_task(name: str) -> ArmTask:
    """The task of that name. Raises `UnknownNameError`."""
    if name not in _MADE:
        raise UnknownNameError("task of the arm", name, ARM_TASKS)
    return _MADE[name]()
