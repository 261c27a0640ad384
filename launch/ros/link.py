"""Robot file and wire joined: observations in, safe commands out, with the emergency stop between them."""

import math
import threading
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.commands import CommandMessages
from innervate.launch.ros.episode import Episode
from innervate.launch.ros.errors import WireError
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.safety import SafetyLayer, Verdict
from innervate.launch.ros.senses import Senses

STOP_SERVICE, RELEASE_SERVICE = "/innervate/emergency_stop", "/innervate/release"
_TRIGGER = "std_srvs/srv/Trigger"


class RobotLink:
    """What a controller or an environment holds of a robot; `close` leaves the robot at rest.

    Everything that is ever sent to the robot's command topic goes through `act` or `rest`, and these through the
    safety layer.
    """

    def __init__(self, robot: Robot, wire: Wire) -> None:
        self.robot, self.wire = robot, wire
        self.senses = Senses(wire, robot)
        self.episode = Episode(wire, robot)
        self.commands = CommandMessages(robot.command, robot.control_step_s)
        ages = {o.name: o.max_age_s for o in robot.observation if o.max_age_s is not None}
        self.layer = SafetyLayer(robot.limits(), robot.safety, robot.control_step_s, ages)
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._sent_s = -math.inf
        self._guarding = False
        self._closed = threading.Event()
        wire.advertise(robot.command.topic, robot.command.type)
        wire.subscribe(robot.emergency_stop_topic, "std_msgs/msg/Bool", self._on_emergency_stop)
        wire.offer(STOP_SERVICE, _TRIGGER, lambda request: self._answer("stopped", self.emergency_stop))
        wire.offer(RELEASE_SERVICE, _TRIGGER, lambda request: self._answer("released", self.release))
        self._guard = threading.Thread(target=self._watch, name="command-watchdog", daemon=True)
        self._guard.start()

    # The emergency stop.

    def emergency_stop(self, reason: str = "called for") -> None:
        """Rest at once, and until `release`."""
        self.layer.emergency_stop(f"emergency stop: {reason}")
        self.rest(self.layer.latched)

    def release(self) -> None:
        """End the emergency stop."""
        with self._lock:
            self.layer.release()

    def _answer(self, what: str, act: Any) -> Message:
        act()
        return {"success": True, "message": what}

    def _on_emergency_stop(self, message: Message, now_s: float) -> None:
        if message.get("data") is not False:  # anything but a clear no stops
            self.emergency_stop(f"told on {self.robot.emergency_stop_topic}")

    # Observations.

    def first_observation(self, timeout_s: float) -> None:
        """Wait until every observation has come; raises `WireError` that says which did not, and why."""
        if self.senses.wait(dict.fromkeys(self.senses.live, 0), timeout_s):
            return
        missing = [o for o in self.senses.observations if math.isinf(self.senses.ages_s(0.0).get(o.name, 0.0))]
        told = [self.senses.problems.get(o.topic, f"{o.name} never came on {o.topic} ({o.type})") for o in missing]
        problem = self.wire.last_problem
        raise WireError(
            f"Not all observations came within {timeout_s:g} s: {'; '.join(dict.fromkeys(told))}."
            + (f" Last problem of the connection: {problem}" if problem else "")
        )

    def reset(self, timeout_s: float = 5.0) -> None:
        """Begin an episode by the robot's reset service, where it has one, and wait for the first observations."""
        if self.robot.reset_service:
            self.senses.forget()
            answer = self.wire.call(self.robot.reset_service, _TRIGGER, {}, timeout_s)
            if answer.get("success") is False:
                raise WireError(f"{self.robot.reset_service} was refused: {answer.get('message')}")
        self.first_observation(timeout_s)
        self.episode.begin()

    def stale(self, now_s: float) -> str:
        """Why the observations are too old to act upon; empty if they are not."""
        if not self.wire.alive():
            return "lost link"
        stamps = self.senses.stamp_ages_s(now_s) if self.robot.safety.max_stamp_age_s is not None else None
        return self.layer.stale(self.senses.ages_s(now_s), stamps)

    def _position(self) -> np.ndarray | None:
        position = self.senses.get(self.robot.position.name) if self.robot.position is not None else None
        return None if position is None else position / self.robot.command.factor

    # Commands.

    def act(self, action: Float[np.ndarray, "joint"]) -> Verdict:
        """An action in [-1, 1] to the robot, as far as it is safe."""
        now = time.monotonic()
        stale = self.stale(now)
        with self._lock:
            verdict = self.layer.command(
                self.commands.wish(action), now_s=now, stale=stale, position=self._position()
            )  # fmt: skip
            self._send(verdict, now)
            self._guarding = True
        return verdict

    def rest(self, reason: str) -> Verdict:
        """Tell the robot to stop."""
        with self._lock:
            verdict = self.layer.stop(reason, self._position())
            self._send(verdict, time.monotonic())
            self._guarding = False
        return verdict

    def _send(self, verdict: Verdict, now_s: float) -> None:
        self._sent_s = now_s
        if verdict.command is None or self.robot.safety.dry_run:
            return
        # The last look before the wire, whatever came before it.
        if not ((self.layer.low <= verdict.command) & (verdict.command <= self.layer.high)).all():  # NaN fails, too
            raise AssertionError(f"The safety layer let {verdict.command} through; this is a mistake in innervate.")
        stamp_s = self.senses.robot_time_s(now_s)
        if self.wire.publish(self.robot.command.topic, self.commands.message(verdict.command, stamp_s)):
            self.counts["sent"] += 1
        else:
            self.counts["not sent"] += 1

    def _watch(self) -> None:
        """A controller that hangs, or that forgets its robot, is stopped from here."""
        timeout_s = self.robot.safety.watchdog_s
        while not self._closed.wait(timeout_s / 5):
            if self._guarding and time.monotonic() - self._sent_s > timeout_s:
                self.counts["watchdog"] += 1
                try:
                    self.rest("watchdog: no command of the controller")
                except Exception:  # whatever the wire has: the next turn tries again
                    self.counts["watchdog could not send"] += 1

    def close(self) -> None:
        """Tell the robot to stop, and leave."""
        if not self._closed.is_set():
            self._closed.set()
            self.rest("closed")
            self._guard.join()
            self.wire.close()


def check_control_step(robot: Robot, control_step_s: float) -> None:
    """Raise `ConfigError` if the robot is to be driven at another rate than the controller was trained for."""
    if abs(robot.control_step_s - control_step_s) > 0.01 * control_step_s:
        raise ConfigError(
            f"The controller was trained for a control step of {control_step_s:g} s ({1 / control_step_s:.1f} Hz); the "
            f"robot file says {robot.control_step_s:g} s ({1 / robot.control_step_s:.1f} Hz). Set control_step_s there "
            "to the controller's, or train for the robot's."
        )


def with_options(robot: Robot, *, uri: str | None = None, dry_run: bool = False) -> Robot:
    """The robot with what the command line says."""
    safety = replace(robot.safety, dry_run=True) if dry_run else robot.safety
    return replace(robot, safety=safety, uri=uri or robot.uri)
