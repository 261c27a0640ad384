"""A JointTrajectory as a simulated robot follows it: every point of it, at its time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.bridge.messages import Message, find, numbers, stamp_seconds
from innervate.launch.ros.commands import POINT_FIELDS
from innervate.launch.ros.safety import Kind


@dataclass(frozen=True)
class Trajectory:
    """Values of all actuators over time, straight between the points."""

    times_s: Float[np.ndarray, "point"]
    """Since its begin; strictly increasing."""
    values: Float[np.ndarray, "point actuator"]

    @property
    def lasts_s(self) -> float:
        """Until its last point."""
        return float(self.times_s[-1])

    def at(self, passed_s: float, start: Float[np.ndarray, "actuator"]) -> Float[np.ndarray, "actuator"]:
        """Where it is at a time since its begin, from `start`; at its last point from then on."""
        if passed_s >= self.lasts_s:
            return self.values[-1]
        times, values = np.concatenate([[0.0], self.times_s]), np.concatenate([start[None], self.values])
        return np.array([np.interp(passed_s, times, column) for column in values.T])


def trajectory_of(message: Message, actuators: Sequence[str], kind: Kind) -> Trajectory:
    """What a message asks for.

    Raises:
        MessageError: a name or a value is missing, is no number, or the times do not increase.
    """
    names, points = message.get("joint_names"), message.get("points")
    if not isinstance(names, list) or sorted(map(str, names)) != sorted(actuators):
        raise MessageError(f"the trajectory should name {', '.join(actuators)}, each once")
    if not isinstance(points, list) or not points:
        raise MessageError("the trajectory has no points")
    field, order = POINT_FIELDS[kind], [names.index(actuator) for actuator in actuators]
    times, values = list[float](), list[np.ndarray]()
    for i, point in enumerate(points):
        told = numbers(find(point, field), f"points[{i}].{field}")
        if len(told) != len(names):
            raise MessageError(f"points[{i}] of the trajectory has {len(told)} {field} for {len(names)} joints")
        values.append(told[order])
        times.append(stamp_seconds(point.get("time_from_start", {"sec": 0, "nanosec": 0})))
    if times[0] < 0 or (np.diff(times) <= 0).any():
        raise MessageError("the times of the trajectory's points should increase")
    return Trajectory(np.array(times), np.stack(values))
