"""An entry of the robot file: how an action becomes a message."""

import math
from dataclasses import dataclass

import numpy as np

from innervate.errors import UnknownNameError
from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.errors import RobotFileError
from innervate.launch.ros.bridge.names import check_name
from innervate.launch.ros.mix import Mix
from innervate.launch.ros.safety import Kind
from innervate.launch.ros.units import Numbers, factor_of

TRAJECTORY, FOLLOW = "trajectory_msgs/msg/JointTrajectory", "control_msgs/action/FollowJointTrajectory"
ACKERMANN = ("ackermann_msgs/msg/AckermannDrive", "ackermann_msgs/msg/AckermannDriveStamped")
COMMAND_TYPES = (
    "std_msgs/msg/Float64MultiArray", TRAJECTORY, FOLLOW, "sensor_msgs/msg/JointState", "geometry_msgs/msg/Twist",
    "geometry_msgs/msg/TwistStamped", *ACKERMANN,
)  # fmt: skip
TWIST_AXES = tuple(f"{part}.{axis}" for part in ("linear", "angular") for axis in "xyz")
"""What `joints` are called where the command is a twist."""
STEERED = ("speed", "steering_angle")
"""And where it is Ackermann's."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """How an action becomes a message."""

    topic: str
    """Of the messages, or the name of the action; relative to the robot's namespace, or with a slash in front."""
    type: str
    """std_msgs/msg/Float64MultiArray, sensor_msgs/msg/JointState, trajectory_msgs/msg/JointTrajectory, a Twist, ..."""
    kind: Kind
    """position, velocity or effort: what the numbers are, and so what rest is."""
    joints: tuple[str, ...]
    """In the controller's order; on the wire in `wire_order` where the robot wants another one."""
    low: Numbers
    high: Numbers
    """Limits on the wire."""
    action_low: Numbers | None = None
    action_high: Numbers | None = None
    """What actions of -1 and 1 mean in SI units: the actuators' limits in training; by default the limits above."""
    rate_per_s: Numbers = math.inf
    """Largest change in a second, on the wire."""
    sign: Numbers = 1.0
    offset: Numbers = 0.0
    """wire = sign * controller + offset; one number for all, or one each."""
    unit: str = "1"
    """On the wire; limits and rates are in it, too."""
    wire_order: tuple[str, ...] = ()
    """The joints in the order in which the robot wants them, where that is another one."""
    frame: str = "base_link"
    """Frame of a TwistStamped."""
    mix: Mix | None = None
    """What the actions are, where they are not the joints one by one; a must for a base of two or more axes."""
    time_from_start_s: float | None = None
    """When a JointTrajectory arrives at its point, after it has come; None for one control step."""
    nonstandard: bool = False
    """The controller on the robot takes a JointTrajectory of velocities or efforts, which no standard one does."""

    def __post_init__(self) -> None:
        factor_of(self.unit)
        check_name(self.topic, "The command's topic")
        if canonical(self.type) not in COMMAND_TYPES:
            raise RobotFileError(str(UnknownNameError("type of command", self.type, COMMAND_TYPES)))
        if not self.joints or len(set(self.joints)) < len(self.joints):
            raise RobotFileError(f"The command needs joints, each once, got {list(self.joints)}.")
        if self.wire_order and sorted(self.wire_order) != sorted(self.joints):
            raise RobotFileError(f"wire_order must have the same names as joints, got {list(self.wire_order)}.")
        if not np.isin(np.abs(self.sign), 1).all():
            raise RobotFileError(f"The command's sign is 1 or -1, got {self.sign}; scales belong into the unit.")
        if self.kind != "position" and np.any(self.offset):
            raise RobotFileError(f"An offset makes sense for positions; with one a {self.kind} of zero would move.")
        if self.time_from_start_s is not None and not 0 < self.time_from_start_s < math.inf:
            raise RobotFileError(f"time_from_start_s must be positive, got {self.time_from_start_s}.")
        self._check_trajectory()
        self._check_base()
        self._check_mix()

    def _check_trajectory(self) -> None:
        if canonical(self.type) in (TRAJECTORY, FOLLOW) and self.kind != "position" and not self.nonstandard:
            raise RobotFileError(
                f"A joint_trajectory_controller takes positions; one of {self.kind} alone is refused or ends with "
                f"'last velocity is not zero'. Send a {self.kind} as std_msgs/msg/Float64MultiArray to a "
                f"{self.kind}_controllers/JointGroup{self.kind.capitalize()}Controller (or a "
                "forward_command_controller), or set nonstandard = true if yours takes it."
            )

    def _check_base(self) -> None:
        axes = STEERED if canonical(self.type) in ACKERMANN else TWIST_AXES if "Twist" in self.type else None
        if axes is None:
            return
        for name in self.joints:
            if name not in axes:
                raise UnknownNameError("part of such a command", name, axes)
        if self.kind != "velocity":
            raise RobotFileError("A base is told velocities; the command's kind says otherwise.")
        if len(self.joints) > 1 and self.mix is None:
            raise RobotFileError(
                f"What are the controller's actions? A base takes {', '.join(self.joints)}, a vehicle has motors: with "
                'both ahead it would turn. mix = {kind = "differential", track_m = ..., full_speed_m_s = ...} for two '
                'motors, "ackermann" for a steered one, "matrix" for anything else, or {kind = "axes"} if the actions '
                "are these axes indeed."
            )

    def _check_mix(self) -> None:
        if self.mix is None or self.mix.kind == "axes":
            return
        if self.action_low is not None or self.action_high is not None:
            raise RobotFileError("A mix says what actions mean; action_low and action_high would say it again.")
        pairs = {"differential": (TWIST_AXES[0], TWIST_AXES[5])}
        if self.mix.kind == "matrix":
            if len(self.mix.matrix) != len(self.joints):
                raise RobotFileError(f"The matrix has {len(self.mix.matrix)} rows for {len(self.joints)} joints.")
        elif self.mix.kind == "differential" and sorted(self.joints) != sorted(pairs["differential"]):
            raise RobotFileError("Two motors make linear.x and angular.z; name these two as the command's joints.")
        elif self.mix.kind == "ackermann" and sorted(self.joints) not in (["angular.z", "linear.x"], sorted(STEERED)):
            raise RobotFileError("A steered base takes linear.x and angular.z, or speed and steering_angle.")

    @property
    def factor(self) -> float:
        """SI units in one unit on the wire."""
        return factor_of(self.unit)

    @property
    def actions(self) -> int:
        """How many actions a controller of this robot has."""
        return len(self.joints) if self.mix is None else self.mix.actions(len(self.joints))
