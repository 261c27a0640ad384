"""Robot file and wire joined: observations in, safe commands out, with the emergency stop between them."""

import math
import secrets
import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError
from innervate.launch.ros.bridge.actions import ActionCalling
from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.errors import NoAnswerError, WireError
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.named_wire import calls_actions, renamed
from innervate.launch.ros.bridge.wire import Wire, graph_of
from innervate.launch.ros.clock import REAL, Clock
from innervate.launch.ros.command import FOLLOW
from innervate.launch.ros.commands import CommandMessages
from innervate.launch.ros.lifecycle import Lifecycle, Stage
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.safety import SafetyLayer, Verdict
from innervate.launch.ros.session.episode import Episode
from innervate.launch.ros.session.pace import Pace
from innervate.launch.ros.session.senses import Senses

_TRIGGER = "std_srvs/srv/Trigger"
RESETS = 3
"""Times that a reset is asked for before a robot is said not to answer."""
CLOSING_S = 0.5
"""How long the last command is tried to be sent, where the wire does not take it at once."""
LOOK_S = 0.05
"""Between two looks of the guard; a loss is seen at most so much later than the limit on it."""


class RobotLink:
    """What a controller or an environment holds of a robot; `close` leaves the robot at rest.

    Everything that is ever sent to the robot's command topic goes through `act` or `rest`, and these through the
    safety layer. A guard beside the controller sees to it that the robot rests when the controller hangs, when the
    observations stop, and when a command to rest did not go out.
    """

    def __init__(self, robot: Robot, wire: Wire, clock: Clock = REAL) -> None:
        self.robot, self.clock = robot, clock
        self.wire: Wire = renamed(wire, robot.names().full, robot.named())
        self.node = robot.node.strip("/") or f"drive_{secrets.token_hex(3)}"
        """Name of this drive; no two on one robot have the same."""
        self.token = secrets.token_hex(8)
        """What the service `owner` of this drive answers, and no other's."""
        own = f"/innervate/{self.node}"
        self.stop_service, self.release_service, self.owner_service = (
            f"{own}/{name}" for name in ("emergency_stop", "release", "owner")
        )
        self.commands = CommandMessages(robot.command, robot.control_step_s)
        ages = {o.name: o.max_age_s for o in robot.observation if o.max_age_s is not None}
        self.layer = SafetyLayer(robot.limits(), robot.safety, robot.control_step_s, ages)
        self.pace = Pace(robot.control_step_s)
        self.counts: Counter[str] = Counter()
        self.proven = False
        """Whether `proof.prove` has found nothing wrong."""
        self._lock = threading.RLock()
        self._sent_s = -math.inf
        self._guarding = self._owed = self._closed = False
        self._stage: Stage = "unconfigured"
        self._stop = robot.emergency_stop()
        self._stop_heard_s = -math.inf
        self.wire.offer(self.stop_service, _TRIGGER, lambda request: self._answer("stopped", self.emergency_stop))
        self.wire.offer(self.release_service, _TRIGGER, lambda request: self._answer("released", self.release))
        self.wire.offer(self.owner_service, _TRIGGER, lambda request: {"success": True, "message": self.token})
        self.lifecycle = Lifecycle(self.wire, f"{own}/state")
        self.senses = Senses(self.wire, robot, clock)
        self.episode = Episode(self.wire, robot)
        self._by_action = canonical(robot.command.type) == FOLLOW
        if not self._by_action:
            self.wire.advertise(robot.command.topic, robot.command.type)
        elif not calls_actions(self.wire):
            self.wire.close()
            raise WireError(
                f"{robot.command.topic} is an action; {wire.description} calls none. Go over a rosbridge, or send a "
                "trajectory_msgs/msg/JointTrajectory to the controller's topic."
            )
        # With the subscription a latched stop may come at once; everything that it needs is there.
        self.wire.subscribe(self._stop.topic, self._stop.type, self._on_emergency_stop)
        self._end_guard = clock.every(min(LOOK_S, robot.safety.watchdog_s / 5), self._watch, "command-guard")

    # The emergency stop.

    def emergency_stop(self, reason: str = "called for") -> None:
        """Rest at once, and until `release`."""
        with self._lock:
            self.layer.emergency_stop(f"emergency stop: {reason}")
            self.rest(self.layer.latched)

    def release(self) -> None:
        """End the emergency stop."""
        with self._lock:
            self.layer.release()

    def _answer(self, what: str, act: Any) -> Message:
        act()
        return {"success": True, "message": f"{self.node} {what}"}

    def _on_emergency_stop(self, message: Message, now_s: float) -> None:
        self._stop_heard_s = now_s
        if self._stop.pressed(message):
            self.emergency_stop(f"told on {self.robot.emergency_stop_topic}")

    # Observations.

    def first_observation(self, timeout_s: float) -> None:
        """Wait until every observation has come; raises `WireError` that says which did not, and why."""
        if self.senses.wait(dict.fromkeys(self.senses.live, 0), timeout_s):
            return
        told = self.senses.missing().values()
        problem = self.wire.last_problem
        raise WireError(
            f"Not all observations came within {timeout_s:g} s: {'; '.join(dict.fromkeys(told))}."
            + self._other_dialect()
            + (f" Last problem of the connection: {problem}" if problem else "")
        )

    def _other_dialect(self) -> str:
        """Why nothing may have come: types have other names in ROS 1 than in ROS 2."""
        graph = graph_of(self.wire)
        if graph is None:
            return ""
        try:
            self.wire.topics()
        except WireError:
            return ""
        spoken = graph.dialect()
        if spoken is None or spoken == self.robot.dialect:
            return ""
        return f" This bridge speaks {spoken!r}; the robot file says dialect = {self.robot.dialect!r}: set it there."

    def reset(self, timeout_s: float = 10.0) -> None:
        """Begin an episode by the robot's reset service, where it has one, and wait for the first observations."""
        if self.robot.reset_service:
            self.senses.forget()
            answer = self._ask_reset(timeout_s, RESETS)
            if answer.get("success") is False:
                raise WireError(f"{self.robot.reset_service} was refused: {answer.get('message')}")
        self.first_observation(timeout_s)
        self.episode.begin()

    def _ask_reset(self, timeout_s: float, times: int) -> Message:
        """ROS 2 was seen to lose the answer to a node that is new; to reset again is to reset."""
        try:
            return self.wire.call(self.robot.reset_service, _TRIGGER, {}, timeout_s)
        except NoAnswerError:
            if times == 1:
                raise
        return self._ask_reset(timeout_s, times - 1)

    def stale(self, now_s: float) -> str:
        """Why nothing may move now; empty if the observations, and whoever may stop the robot, are there."""
        if self._closed:
            return "closed"
        if not self.wire.alive():
            return "lost link"
        silent_s = now_s - self._stop_heard_s
        if self._stop.heartbeat_s and silent_s > self._stop.heartbeat_s:
            since = "has not been heard" if math.isinf(silent_s) else f"was heard {silent_s:.3f} s ago"
            return f"no heartbeat: {self._stop.topic} {since}, at most {self._stop.heartbeat_s:g} s"
        stamps = self.senses.stamp_ages_s(now_s) if self.robot.safety.max_stamp_age_s is not None else None
        return self.layer.stale(self.senses.ages_s(now_s), stamps)

    def position(self) -> Float[np.ndarray, "joint"] | None:
        """The joints as measured, on the wire's units; None while the robot has not told them."""
        position = self.senses.get(self.robot.position.name) if self.robot.position is not None else None
        return None if position is None else position / self.robot.command.factor

    # Commands.

    def time_s(self) -> float:
        """What rates and the soft start go by: this computer's clock, or a simulation's where that sets the pace."""
        sim_s = self.senses.sim_s() if self.robot.pace == "state" else None
        return self.clock.now_s() if sim_s is None else sim_s

    def act(self, action: Float[np.ndarray, "action"]) -> Verdict:
        """An action in [-1, 1] to the robot, as far as it is safe."""
        wish = self.commands.wish(action)
        with self._lock:
            now = self.clock.now_s()
            verdict = self.layer.command(
                wish, now_s=self.time_s(), stale=self.stale(now), position=self.position()
            )  # fmt: skip
            self._send(verdict, now)
            self._guarding = not verdict.stopped
        return verdict

    def rest(self, reason: str) -> Verdict:
        """Tell the robot to stop."""
        with self._lock:
            verdict = self.layer.stop(reason, self.position(), self.time_s())
            self._send(verdict, self.clock.now_s())
            self._guarding = False
        return verdict

    def _send(self, verdict: Verdict, now_s: float) -> None:
        self._sent_s = now_s
        mistaken = bool(self.layer.latched) and not self.layer.latched.startswith("emergency stop")
        self._stage = "error" if mistaken else "inactive" if verdict.stopped else "active"
        if verdict.command is None or self.robot.safety.dry_run:
            return
        # The last look before the wire, whatever came before it.
        if not ((self.layer.low <= verdict.command) & (verdict.command <= self.layer.high)).all():  # NaN fails, too
            raise AssertionError(f"The safety layer let {verdict.command} through; this is a mistake in innervate.")
        stamp_s = self.senses.robot_time_s(now_s)
        self._owed = bool(verdict.stopped)  # until it is out
        if self._publish(self.commands.message(verdict.command, stamp_s)):
            self.counts["sent"] += 1
            self._owed = False
            self.layer.was_sent(self.time_s())
            self.lifecycle.set(self._stage)
        else:
            self.counts["not sent"] += 1
            self.layer.not_sent()

    def _publish(self, message: Message) -> bool:
        topic = self.robot.command.topic
        if self._by_action and isinstance(self.wire, ActionCalling):
            return self.wire.send_goal(topic, FOLLOW, message)
        return self.wire.publish(topic, message)

    def _watch(self) -> None:
        """A controller that hangs, or that forgets its robot, is stopped from here."""
        with self._lock:
            now = self.clock.now_s()
            silent = now - self._sent_s > self.robot.safety.watchdog_s
            reason = "watchdog: no command of the controller" if self._guarding and silent else ""
            if self._guarding and not reason:
                reason = self.stale(now)
            if self._owed and not reason:
                reason = self.layer.latched or "the last command to rest did not go out"
            if not reason or self._closed:
                return
            self.counts["watchdog" if silent else "guard"] += 1
            try:
                self.rest(reason)
            except Exception:  # whatever the wire has: the next turn tries again
                self._owed = True
                self.counts["watchdog could not send"] += 1

    def close(self) -> None:
        """Tell the robot to stop, and leave."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._end_guard()
        until = self.clock.now_s() + CLOSING_S
        try:
            self.rest("closed")
            while self._owed and self.clock.now_s() < until:
                self.clock.sleep(0.01)
                self.rest("closed")
            if self._stage != "error":
                self.lifecycle.set("unconfigured")
        finally:
            self.wire.close()


def check_control_step(robot: Robot, control_step_s: float) -> None:
    """Raise `ConfigError` if the robot is to be driven at another rate than the controller was trained for."""
    if abs(robot.control_step_s - control_step_s) > 0.01 * control_step_s:
        raise ConfigError(
            f"The controller was trained for a control step of {control_step_s:g} s ({1 / control_step_s:.1f} Hz); the "
            f"robot file says {robot.control_step_s:g} s ({1 / robot.control_step_s:.1f} Hz). Set control_step_s there "
            "to the controller's, or train for the robot's."
        )


def with_options(robot: Robot, *, uri: str | None = None, dry_run: bool = False, node: str | None = None) -> Robot:
    """The robot with what the command line says."""
    safety = replace(robot.safety, dry_run=True) if dry_run else robot.safety
    return replace(robot, safety=safety, uri=uri or robot.uri, node=node or robot.node)
