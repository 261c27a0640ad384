"""From actions to command messages."""

from typing import Any

import numpy as np
from jaxtyping import Float

from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.messages import stamp_of
from innervate.launch.ros.command import ACKERMANN, FOLLOW, TRAJECTORY, TWIST_AXES, Command
from innervate.launch.ros.units import spread

POINT_FIELDS = {"position": "positions", "velocity": "velocities", "effort": "effort"}
"""Field of a JointTrajectoryPoint by the kind of command."""
NOW = {"sec": 0, "nanosec": 0}
"""A trajectory with this stamp begins when it comes, on the robot's clock, whatever that says."""


class CommandMessages:
    """What an action in [-1, 1] means on the wire, and the message that says so."""

    def __init__(self, command: Command, control_step_s: float) -> None:
        n = len(command.joints)
        self.command, self.control_step_s = command, control_step_s
        self._factor = command.factor
        self._sign, self._offset = spread(command.sign, n, "sign"), spread(command.offset, n, "offset")
        low, high = self._action_limits(n)
        self._centre, self._half = (high + low) / 2, (high - low) / 2
        wire = command.wire_order or command.joints
        self._order = np.array([command.joints.index(name) for name in wire])
        self.names = list(wire)

    def _action_limits(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """What -1 and 1 mean in SI units."""
        c = self.command
        ends = np.stack([self.in_si(spread(c.low, n, "low")), self.in_si(spread(c.high, n, "high"))])
        low = ends.min(0) if c.action_low is None else spread(c.action_low, n, "action_low")
        high = ends.max(0) if c.action_high is None else spread(c.action_high, n, "action_high")
        return low, high

    def in_si(self, wire: Float[np.ndarray, "joint"]) -> Float[np.ndarray, "joint"]:
        """The controller's SI value of a value on the wire."""
        return self._sign * (wire - self._offset) * self._factor

    def wish(self, action: Float[np.ndarray, "action"]) -> Float[np.ndarray, "joint"]:
        """An action in [-1, 1], in the units on the wire, not limited yet."""
        mix = self.command.mix
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is the safety layer's to name
            if mix is not None and mix.kind != "axes":
                si = mix.joints(action, self.command.joints)
            else:
                si = self._centre + self._half * action
            return self._sign * (si / self._factor) + self._offset

    def message(self, values: Float[np.ndarray, "joint"], now_s: float) -> dict[str, Any]:
        """The message for values on the wire; `now_s` is the robot's time, for types that have a stamp."""
        ordered = values[self._order].tolist()
        kind = canonical(self.command.type)
        framed = "Twist" in kind or kind in ACKERMANN
        header = {"stamp": stamp_of(now_s), "frame_id": self.command.frame if framed else ""}
        if kind == "std_msgs/msg/Float64MultiArray":
            return {"layout": {"dim": [], "data_offset": 0}, "data": ordered}
        if kind == "sensor_msgs/msg/JointState":
            empty: dict[str, Any] = {"position": [], "velocity": [], "effort": []}
            return {"header": header, "name": self.names, **empty, self.command.kind: ordered}
        if kind == TRAJECTORY:
            return self._trajectory(ordered)
        if kind == FOLLOW:
            return {"trajectory": self._trajectory(ordered)}
        axes = {**dict.fromkeys(TWIST_AXES, 0.0), **dict(zip(self.names, ordered, strict=True))}
        if kind in ACKERMANN:
            drive = {name: axes.get(name, 0.0) for name in ("steering_angle", "speed")}
            return drive if kind == ACKERMANN[0] else {"header": header, "drive": drive}
        twist = {part: {axis: axes[f"{part}.{axis}"] for axis in "xyz"} for part in ("linear", "angular")}
        return twist if kind == "geometry_msgs/msg/Twist" else {"header": header, "twist": twist}

    def _trajectory(self, ordered: list[float]) -> dict[str, Any]:
        """One point. With this computer's time in it, it would be refused or late by the difference of the clocks."""
        point: dict[str, Any] = {"positions": [], "velocities": [], "accelerations": [], "effort": []}
        point[POINT_FIELDS[self.command.kind]] = ordered
        point["time_from_start"] = stamp_of(self.command.time_from_start_s or self.control_step_s)
        return {"header": {"stamp": dict(NOW), "frame_id": ""}, "joint_names": self.names, "points": [point]}
