"""Commands as a simulated robot receives them: by name, checked, the newest only."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.errors import InnervateError
from innervate.launch.ros.bridge.actions import ABORTED, CANCELED, SUCCEEDED, ActionServing, Goal
from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.bridge.messages import Message, find, header_seconds, numbers, stamp_of
from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.command import FOLLOW
from innervate.launch.ros.mix import wheels_of_twist
from innervate.launch.ros.safety import Kind, not_finite
from innervate.launch.ros.simulated.trajectory import Trajectory, trajectory_of

JOINT_COMMANDS, JOINT_TRAJECTORY = "/joint_commands", "/joint_trajectory"
FOLLOW_TRAJECTORY = "/follow_joint_trajectory"
"""The same as an action, control_msgs/action/FollowJointTrajectory."""
SUCCESSFUL = 0
"""Error code of the action's result: the trajectory itself was good; the status says how it ended."""
CMD_VEL, CMD_VEL_STAMPED = "/cmd_vel", "/cmd_vel_stamped"
REFUSED = "/innervate/refused"
"""std_msgs/String: why the last command that was refused was."""
ROUNDING_S = 1e-9


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
        left_right = wheels_of_twist(forward_m_s, turn_rad_s, self.track_m)
        values[[self.left, self.right]] = np.array(left_right) / self.full_speed_m_s
        return values / max(1.0, float(np.abs(values).max()))


@dataclass(frozen=True)
class Received:
    """One command."""

    values: Float[np.ndarray, "actuator"]
    arrived_s: float


@dataclass
class Following:
    """A trajectory that is under way."""

    trajectory: Trajectory
    begun_s: float
    """On the robot's clock."""
    start: Float[np.ndarray, "actuator"] | None = None
    """Where the actuators were then."""
    goal: Goal | None = None
    """Who asked for it, where somebody waits for the result."""

    def end(self, status: int, text: str = "") -> None:
        """Tell who waits."""
        if self.goal is not None:
            self.goal.finish(status, {"error_code": SUCCESSFUL, "error_string": text})


class CommandInbox:
    """The newest command, whatever its type; what is wrong is counted, left out, and told to the sender.

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
        self.actuators, self.low, self.high, self.drive = tuple(actuators), low, high, drive
        self.kind: Kind = kind
        self.max_stamp_age_s, self.now, self.wire = max_stamp_age_s, now, wire
        self.counts: Counter[str] = Counter()
        self.last_problem = ""
        self.closed = ""
        """Why no command is taken at present; empty if they are."""
        self.news = threading.Condition()
        """Told of every command, and by the simulation's services of every request."""
        self._latest: Received | None = None
        self._following: Following | None = None
        sources: dict[str, tuple[str, Callable[[Message], np.ndarray | Trajectory]]] = {
            JOINT_COMMANDS: ("std_msgs/msg/Float64MultiArray", self._array),
            JOINT_TRAJECTORY: ("trajectory_msgs/msg/JointTrajectory", self._trajectory),
        }
        if drive is not None:
            sources[CMD_VEL] = ("geometry_msgs/msg/Twist", self._twist)
            sources[CMD_VEL_STAMPED] = ("geometry_msgs/msg/TwistStamped", self._stamped_twist)
        wire.advertise(REFUSED, "std_msgs/msg/String")
        if isinstance(wire, ActionServing):
            wire.act(FOLLOW_TRAJECTORY, FOLLOW, self._on_goal)
        for topic, (type_, read) in sources.items():
            wire.subscribe(topic, type_, lambda message, now_s, read=read: self.receive(read, message, now_s))

    def _on_goal(self, goal: Goal) -> str | None:
        message = goal.values.get("trajectory")
        if not isinstance(message, Mapping):
            return self._refuse("the goal has no trajectory")
        goal.cancel = lambda: self._cancel(goal)
        return self.receive(self._trajectory, message, time.monotonic(), goal)

    def _cancel(self, goal: Goal) -> None:
        """The robot goes no further; what it does then is the watchdog's, as without commands."""
        with self.news:
            if self._following is not None and self._following.goal is goal:
                self._replace("", CANCELED)
                self.news.notify_all()

    def _replace(self, text: str, status: int = ABORTED) -> None:
        """Whatever is followed or waits is given up."""
        following, self._following, self._latest = self._following, None, None
        if following is not None:
            following.end(status, text)

    def receive(
        self, read: Callable[[Message], "np.ndarray | Trajectory"], message: Message, now_s: float,
        goal: Goal | None = None,
    ) -> str | None:  # fmt: skip
        """A message of a command topic; in return, why it was refused."""
        try:
            if self.closed:
                raise MessageError(self.closed)
            stamp_s = header_seconds(message)
            if stamp_s is not None and self.now() - stamp_s > self.max_stamp_age_s:
                raise MessageError(f"the command is {self.now() - stamp_s:.3f} s old by its stamp")
            values = read(message)
            whole = values.values if isinstance(values, Trajectory) else values[None]
            for row in whole:
                if bad := not_finite(row, self.actuators):
                    raise MessageError(f"the command is not finite: {bad}")
        except (InnervateError, ValueError) as error:
            return self._refuse(str(error))
        self.counts["taken"] += 1
        with self.news:
            self._replace("another command took its place")
            if isinstance(values, Trajectory):
                limited = Trajectory(values.times_s, np.clip(values.values, self.low, self.high))
                self._following = Following(limited, stamp_s or self.now(), goal=goal)
            else:
                self._latest = Received(np.clip(values, self.low, self.high), now_s)
            self.news.notify_all()
        return None

    def _refuse(self, why: str) -> str:
        self.counts["refused"] += 1
        self.last_problem = why
        self.wire.publish(REFUSED, {"data": why[:500]})  # for senders on other wires
        return why

    def take(self, present: Float[np.ndarray, "actuator"], step_s: float) -> Received | None:
        """The newest command, once; or where a trajectory, which left from `present`, is at the end of this step."""
        with self.news:
            latest, self._latest = self._latest, None
            following = self._following
            if following is None:
                return latest
            start = following.start = present.copy() if following.start is None else following.start
            passed_s = self.now() + step_s - following.begun_s
            if passed_s >= following.trajectory.lasts_s - ROUNDING_S:
                self._following = None
                passed_s = following.trajectory.lasts_s
            values = following.trajectory.at(max(0.0, passed_s), start)
            if following.goal is not None:
                point = {"positions": values.tolist(), "time_from_start": stamp_of(max(0.0, passed_s))}
                following.goal.tell({"joint_names": list(self.actuators), "desired": point})
            if self._following is None:
                following.end(SUCCEEDED)
            return Received(values, time.monotonic())

    def drop(self) -> None:
        """Forget what waits: it was meant for before."""
        with self.news:
            self._replace("the robot was stopped, or began anew")

    def waiting(self) -> bool:
        """Whether there is one that was not taken."""
        return self._latest is not None or self._following is not None

    def _array(self, message: Message) -> np.ndarray:
        values = numbers(find(message, "data"), "data")
        if len(values) != len(self.actuators):
            names = ", ".join(self.actuators)
            raise MessageError(f"{len(values)} numbers for {len(self.actuators)} actuators, {names}")
        return values

    def _trajectory(self, message: Message) -> Trajectory:
        return trajectory_of(message, self.actuators, self.kind)

    def _twist(self, message: Message) -> np.ndarray:
        assert self.drive is not None
        forward = numbers(find(message, "linear.x"), "linear.x")[0]
        turn = numbers(find(message, "angular.z"), "angular.z")[0]
        return self.drive.controls(float(forward), float(turn), len(self.actuators))

    def _stamped_twist(self, message: Message) -> np.ndarray:
        return self._twist(find(message, "twist"))
