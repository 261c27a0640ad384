"""Whatever a controller wishes and whatever a stranger sends: what reaches the robot, and what it costs.

    python -m innervate.launch.bench.ros.fuzz SECONDS     # coverage-guided, by the Python that has atheris
"""

import gc
import importlib
import json
import math
import sys
import time
import types
from pathlib import Path
from typing import Any

import numpy as np

from innervate.launch.ros.bridge import cbor, frames, messages
from innervate.launch.ros.bridge.broker import Broker
from innervate.launch.ros.bridge.errors import MessageError, WireError
from innervate.launch.ros.bridge.limits import Policy
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.wire import Handler, OnMessage
from innervate.launch.ros.robot_file import Command, Observation, Robot
from innervate.launch.ros.safety import SafetyConfig
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.session.senses import values_of

JOINTS = tuple(f"joint_{i}" for i in range(6))
ANGLE = Observation(
    name="angle", topic="/joint_states", type="sensor_msgs/msg/JointState", field="position", joints=JOINTS
)


class Tap:
    """A wire that leads nowhere and shows what was sent last."""

    description, last_problem = "nowhere", ""

    def __init__(self) -> None:
        self.last: Message | None = None
        self.listener: OnMessage | None = None

    def advertise(self, topic: str, type_: str) -> None:
        """Nobody to tell."""

    def publish(self, topic: str, message: Message) -> bool:
        """Keep it."""
        self.last = message
        return True

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        """Only the joint states matter here."""
        if topic == ANGLE.topic:
            self.listener = on_message

    def call(self, service: str, type_: str, request: Message, timeout_s: float = 5.0) -> dict[str, Any]:
        """Nobody to ask."""
        raise WireError(f"There is no service {service}.")

    def offer(self, service: str, type_: str, handler: Handler) -> None:
        """Nobody asks."""

    def alive(self) -> bool:
        """Always."""
        return True

    def topics(self) -> dict[str, str]:
        """None."""
        return {}

    def close(self) -> None:
        """Nothing to close."""


def fuzzed_actions(n: int) -> dict[str, int]:
    """Wild actions through the whole way to the wire: how many commands on it were not finite or out of limits, and
    how many actions that were not finite went unnamed."""
    command = Command(topic="/cmd", type="sensor_msgs/msg/JointState", kind="velocity", joints=JOINTS, low=-2.0,
                      high=2.0, rate_per_s=50.0)  # fmt: skip
    robot = Robot(format=1, control_step_s=0.02, observation=(ANGLE,), command=command,
                  safety=SafetyConfig(soft_start_s=0.0, max_age_s=1e6, watchdog_s=1e6))  # fmt: skip
    tap, rng = Tap(), np.random.default_rng(0)
    link = RobotLink(robot, tap)
    assert tap.listener is not None
    tap.listener({"name": list(JOINTS), "position": [0.0] * 6}, time.monotonic())
    wild = np.array([math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, -0.0, 1.0 + 1e-15, 1e17])
    harmful = unnamed = non_finite = 0
    for _ in range(n):
        action = rng.normal(0, 2, 6)
        for _ in range(rng.integers(0, 3)):
            action[rng.integers(6)] = rng.choice(wild)
        verdict = link.act(action)
        assert tap.last is not None
        sent = np.asarray(tap.last["velocity"], np.float64)
        harmful += not (np.isfinite(sent).all() and (np.abs(sent) <= 2.0).all())
        broken = [JOINTS[i] for i in np.flatnonzero(~np.isfinite(action))]
        non_finite += bool(broken)
        unnamed += not all(f"{name} is" in verdict.stopped for name in broken)
        link.release()
    link.close()
    return {"harmful": harmful, "unnamed": unnamed, "non_finite": non_finite}


def inbound(n: int) -> dict[str, int]:
    """Broken joint states: how many became an observation, how many were refused without the joint's name; and of
    those in another order how many were read wrongly."""
    rng = np.random.default_rng(0)
    accepted = unnamed = wrong = 0
    for k in range(n):
        order = rng.permutation(6)
        values = rng.normal(size=6)
        positions: list[Any] = values[order].tolist()
        names = [JOINTS[i] for i in order]
        place = int(rng.integers(6))
        joint = names[place]
        kind = k % 5
        if kind == 4:
            read = values_of(ANGLE, {"name": names, "position": positions})
            wrong += read is None or not np.array_equal(read, values)
            continue
        if kind == 3:
            positions = positions[:place]
            short = JOINTS[min(JOINTS.index(name) for name in names[place:])]
        else:
            positions[place] = (None, math.nan, "1")[kind]
            short = joint
        try:
            values_of(ANGLE, {"name": names, "position": positions})
            accepted += 1
        except MessageError as error:
            unnamed += short not in str(error)
    return {"accepted": accepted, "unnamed": unnamed, "misread": wrong}


_WORDS: list[Any] = [
    None, True, -1, 0, 1e308, 2**70, "", "x" * 300, "/cmd", "/joint_states", "std_msgs/msg/Float64MultiArray", [], {},
    [1.0], [None], {"data": [0.5]}, {"data": ["1"]}, {"data": [True]}, {"data": [1e999]}, {"data": [float("nan")]},
    {"header": {"stamp": {"sec": 2**80}}}, {"data": {"data": []}}, [[[[[]]]]], "none", "cbor", "\ud800", 2.79,
]  # fmt: skip
_OPERATIONS = [
    "publish", "subscribe", "unsubscribe", "advertise", "unadvertise", "fragment", "call_service", "service_response",
    "advertise_service", "unadvertise_service", "set_level", "status", "png", "auth", "", 7,
]  # fmt: skip
_KEYS = ["topic", "type", "msg", "id", "service", "args", "num", "total", "data", "level", "values", "result",
         "throttle_rate", "fragment_size", "compression"]  # fmt: skip


class Target:
    """A broker with a robot behind it that counts the commands it should not have got."""

    def __init__(self) -> None:
        self.harmful = 0
        self.broker = Broker(Policy(messages_per_s=1e12))
        self.broker.advertise("/joint_states", "sensor_msgs/msg/JointState")
        self.broker.subscribe("/cmd", "std_msgs/msg/Float64MultiArray", self._command)
        self.client = self.broker.join(lambda frame, topic: None)

    def _command(self, message: Message, now_s: float) -> None:
        values = list(message.get("data", []))
        numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in values)
        self.harmful += not (numbers and all(math.isfinite(x) for x in values))

    def receive(self, frame: str | bytes) -> None:
        """One frame of a stranger's, who leaves now and then."""
        self.broker.receive(self.client, frame)

    def again(self) -> None:
        """Another stranger."""
        self.broker.leave(self.client)
        self.client = self.broker.join(lambda frame, topic: None)


def _hostile(rng: np.random.Generator) -> str | bytes:
    kind = rng.integers(5)
    if kind == 0:
        return rng.bytes(int(rng.integers(0, 60)))
    operation = {"op": _OPERATIONS[rng.integers(len(_OPERATIONS))]}
    for _ in range(rng.integers(0, 5)):
        operation[_KEYS[rng.integers(len(_KEYS))]] = _WORDS[rng.integers(len(_WORDS))]
    text = json.dumps(operation)
    if kind == 1:
        place = int(rng.integers(len(text)))
        return text[:place] + chr(int(rng.integers(1, 0x500))) + text[place + int(rng.integers(0, 4)) :]
    if kind == 2:
        data = bytearray(_cbor(operation))
        data[int(rng.integers(len(data)))] = int(rng.integers(256))
        return bytes(data)
    return text


def _cbor(operation: dict[str, Any]) -> bytes:
    try:
        return cbor.encode(operation)
    except (MessageError, UnicodeEncodeError):
        return b"\xa1\x62op\x67publish"


def _resident_kib() -> int:
    gc.collect()
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1])


def hostile_frames(n: int) -> dict[str, Any]:
    """Random frames to the embedded server's logic: exceptions, harmful commands, and growth of memory in the second
    half."""
    rng, target = np.random.default_rng(0), Target()
    crashes = 0
    middle_kib = 0
    for k in range(n):
        if k == n // 2:
            middle_kib = _resident_kib()
        if k % 5000 == 0:
            target.again()
        try:
            target.receive(_hostile(rng))
        except Exception:
            crashes += 1
    return {"crashes": crashes, "harmful": target.harmful, "grown_kib": _resident_kib() - middle_kib}


def guided(seconds: float) -> None:
    """Coverage-guided frames by atheris, which tells how many at the end, and ends with an error at a crash."""
    atheris: Any = importlib.import_module("atheris")
    for owner in (cbor, frames, messages, Broker, frames.Fragments):
        for function in list(vars(owner).values()):
            if isinstance(function, types.FunctionType) and function.__module__.startswith("innervate."):
                atheris.instrument_func(function)
    target, count = Target(), 0

    def one(data: bytes) -> None:
        nonlocal count
        count += 1
        if count % 5000 == 0:
            target.again()
        target.receive(data[1:] if data[:1] < b"\x80" else data[1:].decode("utf-8", "replace"))
        if target.harmful:
            raise AssertionError("a harmful command passed")

    atheris.Setup([sys.argv[0], f"-max_total_time={seconds:g}", "-max_len=400"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    guided(float(sys.argv[1]))
