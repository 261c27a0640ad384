"""Actions that are not a command's joints one by one: the motors of a base that takes twists, or a matrix."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from innervate.launch.ros.bridge.errors import RobotFileError

MixKind = Literal["axes", "differential", "ackermann", "matrix"]


def twist_of_wheels(left_m_s: float, right_m_s: float, track_m: float) -> tuple[float, float]:
    """Speed ahead and rate of turning (to the left) of two driven wheels, `track_m` apart."""
    return (left_m_s + right_m_s) / 2, (right_m_s - left_m_s) / track_m


def wheels_of_twist(forward_m_s: float, turn_rad_s: float, track_m: float) -> tuple[float, float]:
    """The other way: speeds of the left and the right wheel."""
    return forward_m_s - turn_rad_s * track_m / 2, forward_m_s + turn_rad_s * track_m / 2


def turn_of_steering(forward_m_s: float, steering_rad: float, wheelbase_m: float) -> float:
    """Rate of turning of a base whose front wheels are steered (Ackermann; the angle of the middle wheel)."""
    return forward_m_s * float(np.tan(steering_rad)) / wheelbase_m


@dataclass(frozen=True, kw_only=True)
class Mix:
    """What the controller's actions are, and how they become the command's joints."""

    kind: MixKind
    """`axes`: the joints, one by one. `differential`: the left and the right motor. `ackermann`: speed and steering.
    `matrix`: whatever `matrix` makes of them."""
    track_m: float = 0.0
    """Between the wheels of a differential base."""
    wheelbase_m: float = 0.0
    """Between the axles of a steered base."""
    full_speed_m_s: float = 0.0
    """Of a wheel, or of the base, at an action of 1."""
    full_steering_rad: float = 0.0
    """Of the front wheels at an action of 1, to the left."""
    matrix: tuple[tuple[float, ...], ...] = ()
    """A row a joint of the command, a column an action; what comes out is in SI units."""

    def __post_init__(self) -> None:
        wanted = {
            "differential": ("track_m", "full_speed_m_s"),
            "ackermann": ("wheelbase_m", "full_speed_m_s", "full_steering_rad"),
        }.get(self.kind, ())
        for name in wanted:
            if not 0 < getattr(self, name) < math.inf:
                raise RobotFileError(f"A mix of kind {self.kind} needs {name}, above 0; got {getattr(self, name)}.")
        if self.kind == "ackermann" and not self.full_steering_rad < math.pi / 2:
            raise RobotFileError(f"full_steering_rad must be below a right angle, got {self.full_steering_rad}.")
        if self.kind == "matrix":
            rows = {len(row) for row in self.matrix}
            if len(rows) != 1 or 0 in rows or not np.isfinite(self.matrix).all():
                raise RobotFileError("A mix of kind matrix needs rows of finite numbers, all of one length.")

    def actions(self, joints: int) -> int:
        """How many actions it takes."""
        if self.kind == "matrix":
            return len(self.matrix[0])
        return 2 if self.kind in ("differential", "ackermann") else joints

    def joints(self, action: Float[np.ndarray, "action"], names: tuple[str, ...]) -> Float[np.ndarray, "joint"]:
        """SI values of the command's joints, by their names."""
        if self.kind == "matrix":
            return np.asarray(self.matrix) @ action
        if self.kind == "differential":
            left, right = action * self.full_speed_m_s
            forward, turn = twist_of_wheels(float(left), float(right), self.track_m)
            found = {"linear.x": forward, "angular.z": turn}
        else:
            forward, steering = float(action[0]) * self.full_speed_m_s, float(action[1]) * self.full_steering_rad
            turn = turn_of_steering(forward, steering, self.wheelbase_m)
            found = {"linear.x": forward, "angular.z": turn, "speed": forward, "steering_angle": steering}
        return np.array([found[name] for name in names])
