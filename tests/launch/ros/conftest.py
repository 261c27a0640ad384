"""A wire without a network, and small robots on it."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("websockets")

from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.wire import Handler, OnMessage
from innervate.launch.ros.robot_file import Command, Observation, Robot
from innervate.launch.ros.safety import SafetyConfig

JOINTS = ("hip", "knee", "ankle")


class LoopbackWire:
    """Everything that is published is kept; everything that is told arrives at once."""

    description = "a test"
    last_problem = ""

    def __init__(self) -> None:
        self.sent: dict[str, list[tuple[float, Message]]] = defaultdict(list)
        self.listeners: dict[str, list[OnMessage]] = defaultdict(list)
        self.services: dict[str, Handler] = {}
        self.up = True

    def advertise(self, topic: str, type_: str) -> None:
        self.sent[topic] = []

    def publish(self, topic: str, message: Message) -> bool:
        if self.up:
            self.sent[topic].append((time.monotonic(), message))
        return self.up

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        self.listeners[topic].append(on_message)

    def call(self, service: str, type_: str, request: Message, timeout_s: float = 5.0) -> dict[str, Any]:
        if service not in self.services:
            raise WireError(f"There is no service {service}.")
        return dict(self.services[service](request))

    def offer(self, service: str, type_: str, handler: Handler) -> None:
        self.services[service] = handler

    def alive(self) -> bool:
        return self.up

    def topics(self) -> dict[str, str]:
        raise WireError("not known")

    def close(self) -> None:
        self.up = False

    def tell(self, topic: str, message: Message) -> None:
        """As if the robot had published."""
        for listener in self.listeners[topic]:
            listener(message, time.monotonic())


@pytest.fixture
def wire() -> LoopbackWire:
    return LoopbackWire()


@pytest.fixture
def robot() -> Callable[..., Robot]:
    """A leg of three joints driven by velocities; options replace parts of it."""

    def make(*, command: dict[str, Any] | None = None, safety: dict[str, Any] | None = None, **rest: Any) -> Robot:
        order: dict[str, Any] = {
            "topic": "/cmd", "type": "std_msgs/msg/Float64MultiArray", "kind": "velocity", "joints": JOINTS,
            "low": -2.0, "high": 2.0,
        }  # fmt: skip
        careless: dict[str, Any] = {"soft_start_s": 0.0, **(safety or {})}
        base: dict[str, Any] = {
            "format": 1, "control_step_s": 0.02,
            "observation": (
                Observation(
                    name="angle", topic="/joint_states", type="sensor_msgs/msg/JointState", field="position",
                    joints=JOINTS, unit="rad",
                ),
            ),
            "command": Command(**{**order, **(command or {})}),
            "safety": SafetyConfig(**careless),
        }  # fmt: skip
        return Robot(**{**base, **rest})

    return make


def joint_state(values: dict[str, Any], stamp_s: float | None = None, **more: Any) -> dict[str, Any]:
    """A JointState of these positions."""
    stamp = {"sec": int(stamp_s or 0), "nanosec": round((stamp_s or 0) % 1 * 1e9)}
    names = list(values)
    return {"header": {"stamp": stamp, "frame_id": ""}, "name": names, "position": list(values.values()), **more}
