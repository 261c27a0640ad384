"""Commands as a simulated robot receives them: by name, checked, the newest only."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.errors import InnervateError
from innervate.launch.ros.bridge.messages import Message, find, header_seconds, numbers
from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.commands import POINT_FIELDS
from innervate.launch.ros.errors import MessageError
from innervate.launch.ros.safety import Kind, not_finite

JOINT_COMMANDS, JOINT_TRAJECTORY = "/joint_commands", "/joint_trajectory"
CMD_VEL, CMD_VEL_STAMPED = "/cmd_vel", "/cmd_vel_stamped"


@dataclass(frozen=True, kw_only=True)
class DifferentialDrive:
    """Two driven wheels: what a twist means for their motors."""

    left: int
    right: int
    """Indices of the actuators."""
    track_m: float
    """Between the wheels."""
    full_speed_m_s: float
    """Speed that a control of 1 settles at."""

    def controls(self, forward_m_s: float, turn_rad_s: float, n: int) -> np.ndarray:
        """Controls of the two motors; a vehicle too slow for both turns no less than asked."""
        values = np.zeros(n)
        values[self.left] = (forward_m_s - turn_rad_s * self.track_m / 2) / self.full_speed_m_s
        values[self.right] = (forward_m_s + turn_rad_s * self.track_m / 2) / self.full_speed_m_s
        return values / max(1.0, float(np.abs(values).max()))


@dataclass(frozen=True)
class Received:
    """One command."""

    values: Float[np.ndarray, "actuator"]
    arrived_s: float


class CommandInbox:
    """The newest command, whatever its type; what is wrong is counted and left out.

    Args:
        wire: where commands come from.
        actuators: names, in the order of the action.
        low, high: the actuators' range; a command beyond it is cut.
        kind: which field of a JointTrajectory is read.
        max_stamp_age_s: a command whose header is older by `now` is dropped.
        now: the robot's time, as in the headers.
        drive: for bodies that take twists.
    """

    def __init__(
        self,
        wire: Wire,
        actuators: Sequence[str],
        low: Float[np.ndarray, "actuator"],
        high: Float[np.ndarray, "actuator"],
        *,
        kind: Kind,
        max_stamp_age_s: float,
        now: Callable[[], float],
        drive: DifferentialDrive | None = None,
    ) -> None:
        self.actuators, self.low, self.high, self.kind, self.drive = tuple(actuators), low, high, kind, drive
        self.max_stamp_age_s, self.now = max_stamp_age_s, now
        self.counts: Counter[str] = Counter()
        self.last_problem = ""
        self.news = threading.Condition()
        """Told of every command, and by the simulation's services of every request."""
        self._latest: Received | None = None
        sources = {
            JOINT_COMMANDS: ("std_msgs/msg/Float64MultiArray", self._array),
            JOINT_TRAJECTORY: ("trajectory_msgs/msg/JointTrajectory", self._trajectory),
        }
        if drive is not None:
            sources[CMD_VEL] = ("geometry_msgs/msg/Twist", self._twist)
            sources[CMD_VEL_STAMPED] = ("geometry_msgs/msg/TwistStamped", self._stamped_twist)
        for topic, (type_, read) in sources.items():
            wire.subscribe(topic, type_, lambda message, now_s, read=read: self.receive(read, message, now_s))

    def receive(self, read: Callable[[Message], np.ndarray], message: Message, now_s: float) -> None:
        """A message of a command topic."""
        try:
            stamp_s = header_seconds(message)
            if stamp_s is not None and self.now() - stamp_s > self.max_stamp_age_s:
                raise MessageError(f"the command is {self.now() - stamp_s:.3f} s old by its stamp")
            values = read(message)
            if bad := not_finite(values, self.actuators):
                raise MessageError(f"the command is not finite: {bad}")
        except (InnervateError, ValueError) as error:
            self.counts["refused"] += 1
            self.last_problem = str(error)
            return
        self.counts["taken"] += 1
        with self.news:
            self._latest = Received(np.clip(values, self.low, self.high), now_s)
            self.news.notify_all()

    def take(self) -> Received | None:
        """The newest command, once."""
        with self.news:
            latest, self._latest = self._latest, None
        return latest

    def waiting(self) -> bool:
        """Whether there is one that was not taken."""
        return self._latest is not None

    def _array(self, message: Message) -> np.ndarray:
        values = numbers(find(message, "data"), "data")
        if len(values) != len(self.actuators):
            names = ", ".join(self.actuators)
            raise MessageError(f"{len(values)} numbers for {len(self.actuators)} actuators, {names}")
        return values

    def _trajectory(self, message: Message) -> np.ndarray:
        names, points = message.get("joint_names"), message.get("points")
        if not isinstance(names, list) or sorted(map(str, names)) != sorted(self.actuators):
            raise MessageError(f"the trajectory should name {', '.join(self.actuators)}, each once")
        if not isinstance(points, list) or not points:
            raise MessageError("the trajectory has no points")
        field = POINT_FIELDS[self.kind]
        values = numbers(find(points[0], field), field)
        if len(values) != len(names):
            raise MessageError(f"the trajectory has {len(values)} {field} for {len(names)} joints")
        return values[[names.index(actuator) for actuator in self.actuators]]

    def _twist(self, message: Message) -> np.ndarray:
        assert self.drive is not None
        forward = numbers(find(message, "linear.x"), "linear.x")[0]
        turn = numbers(find(message, "angular.z"), "angular.z")[0]
        return self.drive.controls(float(forward), float(turn), len(self.actuators))

    def _stamped_twist(self, message: Message) -> np.ndarray:
        return self._twist(find(message, "twist"))
