"""Foxglove's protocol, asked as its windows ask: by a plain WebSocket client."""

import contextlib
import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from innervate.launch.ros.bridge.cdr import encode

from .conftest import LoopbackWire

pytest.importorskip("foxglove")

from websockets.sync.client import connect

from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.foxglove import FoxgloveServer, shown

STATE = {"header": {"stamp": {"sec": 3, "nanosec": 5}, "frame_id": ""}, "name": ["hip"], "position": [0.5]}


@pytest.fixture
def server() -> Iterator[FoxgloveServer]:
    one = FoxgloveServer(port=0)
    yield one
    one.close()


def looking(uri: str) -> Any:
    protocol: Any = "foxglove.sdk.v1"
    return connect(uri, subprotocols=[protocol], compression=None, proxy=None)


def told(window: Any, op: str) -> dict[str, Any]:
    """The next text frame of this kind."""
    while True:
        frame = window.recv(timeout=20)
        if isinstance(frame, str) and json.loads(frame)["op"] == op:
            return json.loads(frame)


def data(window: Any, timeout_s: float = 20) -> bytes:
    """The next message of a topic: behind the operation, the subscription and the time of logging."""
    while True:
        frame = window.recv(timeout=timeout_s)
        if isinstance(frame, bytes) and frame[0] == 1:
            return frame[13:]


def test_a_window_sees_what_the_robot_publishes_and_its_clock(server: FoxgloveServer, wire: LoopbackWire) -> None:
    both = shown(wire, server)
    both.advertise("/joint_states", "sensor_msgs/msg/JointState")
    both.advertise("/clock", "rosgraph_msgs/msg/Clock")
    both.advertise("/odd", "my_msgs/msg/Odd")  # of no known type: the wire's alone
    with looking(server.uri) as window:
        channels = {one["topic"]: one for one in told(window, "advertise")["channels"]}
        if len(channels) < 2:
            channels |= {one["topic"]: one for one in told(window, "advertise")["channels"]}
        joints = channels["/joint_states"]
        assert set(channels) == {"/joint_states", "/clock"}
        assert (joints["encoding"], joints["schemaName"]) == ("cdr", "sensor_msgs/msg/JointState")
        assert "string[] name" in joints["schema"] and "MSG: builtin_interfaces/Time" in joints["schema"]
        window.send(json.dumps({"op": "subscribe", "subscriptions": [{"id": 4, "channelId": joints["id"]}]}))
        both.publish("/clock", {"clock": {"sec": 7, "nanosec": 0}})
        clock = window.recv(timeout=20)
        assert isinstance(clock, bytes) and struct.unpack("<BQ", clock) == (2, 7_000_000_000)
        seen = None
        while seen is None:  # until the subscription is in force
            assert both.publish("/joint_states", STATE)
            with contextlib.suppress(TimeoutError):
                seen = data(window, 0.1)
        assert seen == encode("sensor_msgs/msg/JointState", STATE)
    assert wire.sent["/joint_states"]


def test_what_is_latched_comes_to_a_later_window(server: FoxgloveServer, wire: LoopbackWire) -> None:
    both: Any = shown(wire, server)
    both.latch("/robot_description", "std_msgs/msg/String")
    both.publish("/robot_description", {"data": "<robot/>"})
    with looking(server.uri) as window:
        (one,) = told(window, "advertise")["channels"]
        window.send(json.dumps({"op": "subscribe", "subscriptions": [{"id": 1, "channelId": one["id"]}]}))
        assert b"<robot/>" in data(window)


def test_a_taken_port_is_said(server: FoxgloveServer) -> None:
    with pytest.raises(WireError, match="cannot be listened on"):
        FoxgloveServer(port=int(server.uri.rsplit(":", 1)[1]))
