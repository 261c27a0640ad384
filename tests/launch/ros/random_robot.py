"""A random robot with random faults, driven by `Driver` on a simulated clock, and what must hold whatever happens.

    python -m tests.launch.ros.random_robot FIRST COUNT     # from the root; a line for each robot that fails
"""

import math
import multiprocessing
import operator
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from innervate.errors import InnervateError
from innervate.launch.ros.command import Command
from innervate.launch.ros.mix import Mix
from innervate.launch.ros.observation import Observation
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.safety import SafetyConfig, Verdict
from innervate.launch.ros.session.drive import Driver
from innervate.launch.ros.session.link import RobotLink

from .fake import Constant, FakeWire, SimulatedClock

STATE = "sensor_msgs/msg/JointState"
CHUNK = 50
"""Robots that one process takes at a time."""
LOSS_S = 0.5
"""The robot is told to rest within this time of any loss."""
UNITS = {"position": ("rad", "deg"), "velocity": ("rad/s", "deg/s"), "effort": ("N m",)}
GARBAGE: list[Any] = [
    None, 7, "x", [], {}, {"name": 3}, {"name": ["j0"]}, {"name": ["j0", "j0"], "position": [1.0, 2.0]},
    {"name": ["j0"], "position": [math.nan]}, {"name": ["j0"], "position": ["1"]}, {"name": ["j0"], "position": [True]},
    {"name": ["j0"], "position": [10**400]}, {"name": ["j0"], "position": {"0": 1.0}},
    {"name": [None], "position": [1]},
    {"name": ["j0"], "position": [math.inf], "header": {"stamp": {"sec": -1, "nanosec": 2**70}}},
]  # fmt: skip


@dataclass
class Sent:
    """One command on the wire."""

    now_s: float
    values: np.ndarray
    stopped: str
    measured: np.ndarray | None
    rested: bool
    """Whether a rest was meant before it that did not go out."""


class Watched(RobotLink):
    """Keeps what went out, and why."""

    log: list[Sent]
    rested = False
    """Whether a rest was meant, and did not go out, since the last command that did."""

    def _send(self, verdict: Verdict, now_s: float) -> None:
        before = self.counts["sent"]
        super()._send(verdict, now_s)
        if self.counts["sent"] > before:
            assert verdict.command is not None
            position = self.position()
            self.log.append(Sent(now_s, verdict.command.copy(), verdict.stopped, position, self.rested))
            self.rested = False
        else:
            self.rested = self.rested or bool(verdict.stopped)


@dataclass
class Case:
    """A robot, its world, and what goes wrong in it, all of one seed."""

    seed: int
    seconds: float = 1.5
    losses: list[tuple[float, float, str]] = field(default_factory=list[tuple[float, float, str]])
    """From when to when the robot must be at rest (half a second later), and why."""
    blocked: list[tuple[float, float, str]] = field(default_factory=list[tuple[float, float, str]])
    """From when to when nothing could be sent."""

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.clock = SimulatedClock(float(self.rng.choice([1.7e9, 12.5, 0.0])))
        self.wire = FakeWire(self.clock, float(self.rng.choice([0.0, 0.002, 0.02])))
        self.began_s = self.clock.now_s()
        self.robot = self._robot()
        self.q = self.rng.uniform(-0.2, 0.2, len(self.robot.command.joints))
        self.target = self.q.copy()
        self.moved_s = self.clock.now_s()
        self.off: Counter[str] = Counter()
        """How many faults are on at this moment, of each kind."""
        self.wire.on_publish = self._take
        self.pressed = False

    def pick(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def _robot(self) -> Robot:
        n, kind = int(self.rng.integers(1, 5)), self.pick("position", "velocity", "effort")
        joints = tuple(f"j{i}" for i in range(n))
        step_s = float(self.pick(0.005, 0.01, 0.03, 0.05, 0.1, 0.15))
        wheels = kind == "velocity" and n == 2 and self.rng.random() < 0.5
        types = ["std_msgs/msg/Float64MultiArray", STATE]
        types += ["trajectory_msgs/msg/JointTrajectory"] if kind == "position" else []
        top = self.rng.uniform(0.2, 3.0, n)
        unit = self.pick(*UNITS[kind])
        command = Command(
            topic=self.pick("cmd", "/cmd"), type="geometry_msgs/msg/Twist" if wheels else self.pick(*types), kind=kind,
            joints=("linear.x", "angular.z") if wheels else joints,
            low=tuple((-top * self.rng.uniform(0.1, 1.0, n)).tolist()), high=tuple(top.tolist()), unit=unit,
            rate_per_s=self.pick(math.inf, 0.5, 5.0, tuple(self.rng.uniform(0.1, 20, n).tolist())),
            sign=1.0 if wheels else tuple(self.rng.choice([-1.0, 1.0], n).tolist()),
            offset=float(self.rng.uniform(-0.3, 0.3)) if kind == "position" else 0.0,
            wire_order=() if wheels else tuple(self.rng.permutation(joints).tolist()),
            mix=Mix(kind="differential", track_m=0.4, full_speed_m_s=2.0) if wheels else None,
        )  # fmt: skip
        angle = Observation(name="angle", topic=self.pick("joint_states", "/js"), type=STATE, field="position",
                            joints=tuple(self.rng.permutation(joints).tolist()))  # fmt: skip
        measured = Observation(
            name="measured", topic=angle.topic, type=STATE, field="position", joints=joints, unit=unit
        )
        return Robot(
            format=self.pick(1, 2), control_step_s=step_s, observation=(angle,), command=command,
            pace=self.pick("clock", "state"), position=measured if kind == "position" else None,
            namespace=self.pick("", "left/arm"), remap=self.pick((), (("/js", "/other/js"),)),
            emergency_stop_type=self.pick("std_msgs/msg/Bool", "std_msgs/msg/Int32", "std_msgs/msg/UInt8"),
            emergency_stop_heartbeat_s=float(self.pick(0.0, 0.0, 0.3)),
            safety=SafetyConfig(
                max_age_s=float(self.rng.uniform(0.1, 0.3)), watchdog_s=float(self.rng.uniform(0.2, 0.4)),
                soft_start_s=float(self.pick(0.0, 0.2, 1.0)), hold=self.pick("measured", "measured", "target"),
            ),
        )  # fmt: skip

    # The world.

    def _take(self, topic: str, message: Any) -> None:
        if topic == self.robot.names().full(self.robot.command.topic):
            self.move()
            self.target = self.values(message)

    def values(self, message: Any) -> np.ndarray:
        """What a command message says, in the order of the joints."""
        command, kind = self.robot.command, self.robot.command.type
        if kind.endswith("Twist"):
            return np.array([message["linear"]["x"], message["angular"]["z"]])
        if kind.endswith("JointTrajectory"):
            (point,) = message["points"]
            names, told = message["joint_names"], point["positions"]
        elif kind.endswith("JointState"):
            names, told = message["name"], message[command.kind]
        else:
            names, told = list(command.wire_order or command.joints), message["data"]
        return np.array([told[names.index(joint)] for joint in command.joints], np.float64)

    def move(self) -> None:
        passed_s, self.moved_s = self.clock.now_s() - self.moved_s, self.clock.now_s()
        if self.robot.command.kind == "position":
            self.q = self.q + np.clip(self.target - self.q, -passed_s, passed_s)

    def _drivers(self) -> None:
        """One or two nodes that tell the joints' states, each at a rate and with stamps of its own."""
        joints = [f"j{i}" for i in range(len(self.robot.command.joints))]
        self.several = len(joints) > 1 and self.rng.random() < 0.3
        cut = int(self.rng.integers(1, len(joints))) if self.several else len(joints)
        fastest = 400.0 if self.robot.control_step_s < 0.1 else 100.0
        for number, part in enumerate((joints[:cut], joints[cut:])):
            if part:
                hz = float(np.exp(self.rng.uniform(np.log(12.0), np.log(fastest))))
                stamps = self.pick("good", "none", "still", "whole", "ahead", "jumps")
                jitter_s = float(self.rng.uniform(0, 0.3 / hz))
                self._tell_at(self.clock.now_s() + 1 / hz, number, part, hz, stamps, jitter_s)

    def _tell_at(self, due_s: float, number: int, part: list[str], hz: float, stamps: str, jitter_s: float) -> None:
        def act() -> None:
            self.move()
            if not self.off[f"silence {number}"] and self.wire.up:
                topic = self.robot.names().full(self.robot.observation[0].topic)
                message = self._message(part, stamps)
                if self.rng.random() < 0.02:
                    self._tell(topic, self.pick(*GARBAGE))
                self._tell(topic, message)
                if self.rng.random() < 0.05:
                    self._tell(topic, message)  # twice
            self._tell_at(due_s + 1 / hz, number, part, hz, stamps, jitter_s)

        self.clock.at(due_s + float(self.rng.uniform(0, jitter_s)), act)

    def _message(self, part: list[str], stamps: str) -> dict[str, Any]:
        at = self.clock.wall_s() + {"ahead": 3.0}.get(stamps, 0.0)
        if stamps == "jumps" and self.rng.random() < 0.01:
            at += float(self.rng.choice([-100.0, 100.0]))
        at = {"still": 5.25, "none": 0.0, "whole": float(math.floor(at))}.get(stamps, at)
        header = {"stamp": {"sec": int(at), "nanosec": int(at % 1 * 1e9)}, "frame_id": ""}
        return {"header": header, "name": list(part), "position": [float(self.q[int(name[1:])]) for name in part]}

    def _tell(self, topic: str, message: Any) -> None:
        """What is no object never gets past a wire."""
        if isinstance(message, dict):
            self.wire.tell(topic, message)

    # What goes wrong.

    def _faults(self) -> None:
        heart = self.robot.emergency_stop_heartbeat_s
        if heart:
            self._beat(self.clock.now_s(), heart)
        start = self.clock.now_s()
        for _ in range(int(self.rng.integers(0, 3))):
            at = start + float(self.rng.uniform(0.1, self.seconds))
            lasts_s = float(self.pick(0.05, 0.3, 0.7, 10.0))
            getattr(self, f"_{self.pick('silence', 'press', 'cut', 'refuse', 'heartless')}")(at, lasts_s)

    def _between(self, at: float, lasts_s: float, why: str) -> None:
        def turn(by: int) -> None:
            self.off[why] += by
            self.wire.up, self.wire.takes = not self.off["cut"], not self.off["refuse"]

        self.clock.at(at, lambda: turn(1))
        self.clock.at(at + lasts_s, lambda: turn(-1))
        (self.blocked if why == "refuse" else self.losses).append((at, at + lasts_s, why))
        if why == "cut":
            self.blocked.append((at, at + lasts_s, why))

    def _silence(self, at: float, lasts_s: float) -> None:
        number = int(self.rng.integers(0, 2)) if self.rng.random() < 0.5 else 0
        if number and len(self.robot.command.joints) == 1:
            number = 0
        self._between(at, lasts_s, f"silence {number}")

    def _press(self, at: float, lasts_s: float) -> None:
        value = True if self.robot.emergency_stop_type.endswith("Bool") else int(self.rng.integers(1, 9))

        def press() -> None:
            if self.wire.up:
                self._tell(self.robot.names().full("/emergency_stop"), {"data": value})
                self.losses.append((self.clock.now_s(), math.inf, "pressed"))

        self.clock.at(at, press)

    def _cut(self, at: float, lasts_s: float) -> None:
        self._between(at, lasts_s, "cut")

    def _refuse(self, at: float, lasts_s: float) -> None:
        self._between(at, lasts_s, "refuse")

    def _heartless(self, at: float, lasts_s: float) -> None:
        if self.robot.emergency_stop_heartbeat_s:
            self._between(at, lasts_s, "no heartbeat")

    def _beat(self, due_s: float, heart_s: float) -> None:
        def act() -> None:
            if not self.off["no heartbeat"]:
                no = False if self.robot.emergency_stop_type.endswith("Bool") else 0
                self._tell(self.robot.names().full("/emergency_stop"), {"data": no})
            self._beat(due_s + heart_s / 3, heart_s)

        self.clock.at(due_s, act)

    # The drive.

    def _action(self, n: int) -> Any:
        if n == self.hangs_at:
            began = self.clock.now_s()
            self.clock.sleep(0.8)
            self.losses.append((began, self.clock.now_s(), "hang"))
        action = self.rng.uniform(-1.5, 1.5, self.robot.command.actions)
        if n == self.diverges_at:
            action[0] = self.pick(math.nan, math.inf)
        return action if n % 7 else np.sign(action)

    def run(self) -> "Case":
        rng, robot = self.rng, self.robot
        steps = int(self.seconds / robot.control_step_s)
        self.hangs_at = int(rng.integers(1, steps)) if rng.random() < 0.15 else -1
        self.diverges_at = int(rng.integers(1, steps)) if rng.random() < 0.1 else -1
        link = Watched(robot, self.wire, self.clock)
        self.link, link.log = link, []
        self._drivers()
        sizes = {"angle": len(robot.command.joints)}
        driver = Driver(Constant(self._action, robot.control_step_s, robot.command.actions, sizes), link)
        self.clock.at(self.clock.now_s() + self.seconds + 1.0, lambda: driver.stop("time"))
        try:
            link.first_observation(2.0)
            self._faults()
            driver.run()
        except (InnervateError, FloatingPointError):
            pass
        self.ended_s = self.clock.now_s()
        link.close()
        return self

    # What must hold.

    def check(self) -> None:
        log, robot = self.link.log, self.robot
        limits = robot.limits()
        low, high, rate = (np.array(one) for one in (limits.low, limits.high, limits.rate_per_s))
        self._check_messages(low, high)
        moving = [one for one in log if not one.stopped]
        for one, before in zip(log[1:], log, strict=False):
            if one.stopped:
                continue
            passed_s = min(one.now_s - before.now_s, robot.control_step_s)
            last = before.values
            paused = before.stopped or one.rested
            if paused and limits.kind == "position" and robot.safety.hold == "measured":
                assert one.measured is not None  # from where the joint is now
                last = np.clip(one.measured, low, high)
            with np.errstate(invalid="ignore"):
                allowed = np.where(np.isinf(rate), math.inf, rate * passed_s) + 1e-9
            assert (np.abs(one.values - last) <= allowed).all(), (self.seed, one, before)
        times = np.array([one.now_s for one in moving])
        if len(times) > 1:
            assert np.diff(times).min() >= 0.45 * robot.control_step_s, self.seed
            for window_s in (5 * robot.control_step_s, 0.5):
                most = (np.searchsorted(times, times + window_s) - np.arange(len(times))).max()
                assert most <= window_s / robot.control_step_s * 1.03 + 2, self.seed
        self._check_rests(low, high)
        self._check_losses()

    def _check_messages(self, low: np.ndarray, high: np.ndarray) -> None:
        """On the wire itself: finite, within limits, on one topic."""
        topic = self.robot.names().full(self.robot.command.topic)
        for _, where, message in self.wire.sent:
            assert where == topic, self.seed
            values = self.values(message)
            assert np.isfinite(values).all() and (low <= values).all() and (values <= high).all(), self.seed

    def _check_rests(self, low: np.ndarray, high: np.ndarray) -> None:
        before: Sent | None = None
        for one in self.link.log:
            if one.stopped and self.robot.command.kind != "position":
                assert not one.values.any(), self.seed
            elif one.stopped and before is not None and not before.stopped and one.measured is not None:
                held = np.clip(one.measured, low, high) if self.robot.safety.hold == "measured" else before.values
                if not one.rested:
                    np.testing.assert_allclose(one.values, held, atol=1e-9, err_msg=str(self.seed))
            before = one
        end_s = self.ended_s
        if self.link.log and not any(start < end_s + 0.5 and end > end_s for start, end, _ in self.blocked):
            assert self.link.log[-1].stopped, self.seed

    def _check_losses(self) -> None:
        for began, ended, why in self.losses:
            by_s = began + LOSS_S
            late = [one for one in self.link.log if by_s < one.now_s < ended and not one.stopped]
            if why == "silence 1" and not self.several:
                continue  # there is no second driver
            assert not late, (self.seed, why, began, late[0])
            # And the last that it was told by then is to rest, if anything could be sent.
            for start, end, _ in sorted(self.blocked):
                if start < by_s and end > began:
                    by_s = max(by_s, end + 0.1)
            told = [one for one in self.link.log if one.now_s <= by_s]
            if told and min(ended, self.ended_s) > by_s:
                assert told[-1].stopped, (self.seed, why, began, told[-1])


def robots(first: int, count: int) -> tuple[int, list[str]]:
    """How many of the robots of these numbers were driven, and what any of them did that it must not."""
    moved, failed = 0, list[str]()
    for seed in range(first, first + count):
        driven, problem = judged(seed)
        moved += driven
        failed += problem
    return moved, failed


def judged(seed: int) -> tuple[bool, list[str]]:
    """Whether the robot of this number was driven, and what is wrong with it."""
    try:
        case = Case(seed).run()
        case.check()
    except Exception as error:
        return True, [f"robot {seed}: {type(error).__name__} {error}"]
    return any(not one.stopped for one in case.link.log), []


def main(first: int, count: int) -> int:
    """The same in a process for each processor; told, the number of those that failed."""
    ends = [*range(first, first + count, CHUNK), first + count]
    moved, failed = 0, list[str]()
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("forkserver")) as pool:
        for driven, bad in pool.map(robots, ends, map(operator.sub, ends[1:], ends)):
            moved += driven
            failed += bad
    print("\n".join([*failed, f"{count} robots, {moved} of them driven, {len(failed)} beyond a limit"]))
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(1 if main(*map(int, sys.argv[1:])) else 0)
