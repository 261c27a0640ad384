"""The embedded server's logic: what clients may do, and that no frame whatever harms it."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innervate.launch.ros.bridge import cbor
from innervate.launch.ros.bridge.broker import Broker, Client
from innervate.launch.ros.bridge.frames import FrameLimits
from innervate.launch.ros.bridge.limits import Policy

JOINT_STATE, ARRAY = "sensor_msgs/msg/JointState", "std_msgs/msg/Float64MultiArray"
UNLIMITED = Policy(messages_per_s=1e9)


class Node:
    """A broker with a local node, and clients whose frames are kept."""

    def __init__(self, policy: Policy = UNLIMITED) -> None:
        self.broker = Broker(policy, FrameLimits(frame_bytes=100_000))
        self.heard: list[Any] = []
        self.broker.advertise("/joint_states", JOINT_STATE)
        self.broker.subscribe("/cmd", ARRAY, lambda message, now: self.heard.append(message))

    def client(self) -> tuple[Client, list[Any]]:
        frames: list[Any] = []
        return self.broker.join(lambda frame, topic: frames.append(frame)), frames


def say(node: Node, client: Client, **operation: Any) -> None:
    node.broker.receive(client, json.dumps(operation))


def test_publish_and_subscribe_in_both_forms() -> None:
    node = Node()
    (a, text), (b, binary) = node.client(), node.client()
    say(node, a, op="subscribe", topic="/joint_states")
    say(node, b, op="subscribe", topic="/joint_states", compression="cbor", id="1")
    say(node, b, op="subscribe", topic="/joint_states", compression="cbor", id="2", throttle_rate=5000)
    node.broker.publish("/joint_states", {"name": ["a"], "position": [0.1]})
    assert [json.loads(f)["msg"] for f in text] == [{"name": ["a"], "position": [0.1]}]
    assert [cbor.decode(f)["msg"]["position"] for f in binary] == [[0.1]]
    say(node, b, op="unsubscribe", topic="/joint_states", id="1")
    node.broker.publish("/joint_states", {})
    node.broker.publish("/joint_states", {})
    assert len(text) == 3 and len(binary) == 2  # the throttled subscription is what is left
    say(node, a, op="publish", topic="/cmd", msg={"data": [1.0]})
    assert node.heard == [{"data": [1.0]}]


def test_clients_talk_among_themselves() -> None:
    node = Node(Policy(offer=("/sum",)))
    (a, from_a), (b, from_b) = node.client(), node.client()
    say(node, a, op="subscribe", topic="/chat", type="std_msgs/String")
    say(node, b, op="publish", topic="/chat", msg={"data": "hello"})
    assert json.loads(from_a[-1])["msg"] == {"data": "hello"}
    say(node, a, op="advertise_service", service="/sum", type="x/Sum")
    say(node, b, op="call_service", service="/sum", id="7", args={"a": 1})
    asked = json.loads(from_a[-1])
    say(node, a, op="service_response", service="/sum", id=asked["id"], values={"sum": 3}, result=True)
    assert json.loads(from_b[-1]) == {
        "op": "service_response", "service": "/sum", "id": "7", "values": {"sum": 3}, "result": True
    }  # fmt: skip
    say(node, b, op="call_service", service="/sum", id="8")
    node.broker.leave(a)
    assert json.loads(from_b[-1])["result"] is False


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        ({"op": "publish", "topic": "/cmd", "msg": {"data": [None]}}, "data[0]"),
        ({"op": "publish", "topic": "/cmd", "msg": {"data": ["1"]}}, "data[0]"),
        ({"op": "publish", "topic": "/cmd", "msg": {"data": [True]}}, "data[0]"),
        ({"op": "publish", "topic": "/cmd", "msg": {"values": [1.0]}}, "no field 'values'"),
        ({"op": "publish", "topic": "/cmd", "type": JOINT_STATE, "msg": {}}, None),
        ({"op": "advertise", "topic": "/cmd", "type": JOINT_STATE}, "is of type std_msgs"),
        ({"op": "publish", "topic": "/joint_states", "msg": {}}, "the simulation's own"),
        ({"op": "publish", "topic": "/new", "msg": {}}, "is not known"),
        ({"op": "subscribe", "topic": "/joint_states", "type": ARRAY}, "is of type"),
        ({"op": "subscribe", "topic": "/joint_states", "compression": "zip"}, "not offered"),
        ({"op": "fly"}, "no operation 'fly'"),
        ({"op": "auth"}, "no operation"),
        ({"op": "set_level", "level": "all"}, "level"),
        ({"op": "advertise_service", "service": "/reset"}, "not allowed"),
        ({"op": "service_response", "service": "/x", "id": "9"}, "Nobody waits"),
    ],
)
def test_what_is_refused_is_said_and_counted(operation: dict[str, Any], problem: str | None) -> None:
    node = Node()
    client, frames = node.client()
    say(node, client, **{"id": "9", **operation})
    if problem is not None:
        answer = json.loads(frames[-1])
        assert answer["op"] == "status" and problem in answer["msg"] and answer["id"] == "9"
        assert node.broker.counts["refused"] == 1 and not node.heard


def test_allow_lists_and_rates() -> None:
    node = Node(Policy(publish=("/cmd",), subscribe=("/joint*",), services=(), messages_per_s=40.0))
    client, frames = node.client()
    say(node, client, op="publish", topic="/other", type=ARRAY, msg={})
    assert "not allowed" in frames[-1]
    say(node, client, op="subscribe", topic="/tf", type="tf2_msgs/msg/TFMessage")
    assert "not allowed" in frames[-1]
    say(node, client, op="call_service", service="/reset", id="1")
    assert json.loads(frames[-1])["result"] is False
    for _ in range(100):
        say(node, client, op="publish", topic="/cmd", msg={"data": [1.0]})
    assert len(node.heard) < 90 and len(node.heard) + node.broker.counts["rate"] == 100


scraps: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8)
    | st.sampled_from(["/cmd", "/joint_states", "/x", ARRAY, JOINT_STATE, "1", "cbor"]),
    lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=5), x, max_size=4), max_leaves=8,
)  # fmt: skip
OPERATIONS = (
    "publish", "subscribe", "unsubscribe", "advertise", "unadvertise", "fragment", "call_service", "service_response",
    "advertise_service", "unadvertise_service", "set_level", "status", "png", "auth",
)  # fmt: skip
KEYS = ("topic", "type", "msg", "id", "service", "args", "num", "total", "data", "level", "values", "result",
        "throttle_rate", "fragment_size", "compression")  # fmt: skip


def _operation(op: str, rest: dict[str, Any]) -> dict[str, Any]:
    return {"op": op, **rest}


operations = st.builds(
    _operation, st.sampled_from(OPERATIONS), st.dictionaries(st.sampled_from(KEYS), scraps, max_size=6)
)


def as_frames(operation: dict[str, Any]) -> list[str | bytes]:
    import cbor2

    texts = json.dumps(operation, default=lambda x: x.decode("latin1"))
    try:
        return [texts, cbor2.dumps(operation)]
    except (OverflowError, UnicodeEncodeError):
        return [texts]


@settings(max_examples=400, deadline=None)
@given(st.lists(operations | st.text() | st.binary(), max_size=12))
def test_hostile_frames(hostile: list[Any]) -> None:
    node = Node()
    client, frames = node.client()
    other, seen = node.client()
    say(node, other, op="subscribe", topic="/joint_states", id="mine")
    for one in hostile:
        for frame in as_frames(one) if isinstance(one, dict) else [one]:
            node.broker.receive(client, frame)
    for message in node.heard:  # whatever passed is a command of finite numbers
        assert all(isinstance(x, int | float) and x - x == 0 for x in list(message.get("data", ())))
    seen.clear()
    node.broker.publish("/joint_states", {"name": [], "position": [0.5]})
    assert len(seen) == 1  # nobody else noticed
    node.broker.leave(client)
    assert set(node.broker.types) == {"/joint_states", "/cmd"}
    del frames


def test_memory_does_not_grow() -> None:
    node = Node()
    client = node.broker.join(lambda frame, topic: None)

    def storm(start: int) -> None:
        for i in range(start, start + 400):
            for operation in (
                {"op": "advertise", "topic": f"/t{i}", "type": ARRAY}, {"op": "unadvertise", "topic": f"/t{i}"},
                {"op": "subscribe", "topic": f"/s{i}", "type": ARRAY, "id": str(i)},
                {"op": "unsubscribe", "topic": f"/s{i}"},
                {"op": "fragment", "id": str(i), "num": 0, "total": 2, "data": "x"},
                {"op": "publish", "topic": f"/p{i}", "type": f"pkg/T{i}", "msg": {}},
                {"op": "call_service", "service": f"/no{i}", "id": str(i)},
            ):  # fmt: skip
                node.broker.receive(client, json.dumps(operation))

    storm(0)
    tracemalloc.start()
    storm(400)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 30_000


def test_parts_of_a_robot_on_one_topic_do_not_take_each_others_place() -> None:
    node, waiting = Node(), dict[str, Any]()
    client = node.broker.join(lambda frame, part: waiting.__setitem__(part, json.loads(frame)["msg"]))
    say(node, client, op="subscribe", topic="/joint_states")
    for angle in (0.1, 0.2):
        for joint in ("hip", "knee"):
            node.broker.publish("/joint_states", {"name": [joint], "position": [angle]})
    newest = [message for part, message in waiting.items() if part]
    assert newest == [{"name": ["hip"], "position": [0.2]}, {"name": ["knee"], "position": [0.2]}]
    for i in range(1000):  # of any number of names no more are told apart than a robot has
        node.broker.publish("/joint_states", {"name": [f"j{i}"], "position": [0.0]})
    assert len(waiting) <= 70


def test_frames_from_several_publishers_of_tf_are_kept_apart() -> None:
    node, parts = Node(), set[str]()
    node.broker.advertise("/tf", "tf2_msgs/msg/TFMessage")
    client = node.broker.join(lambda frame, part: parts.add(part))
    say(node, client, op="subscribe", topic="/tf")
    for child in ("base", "camera"):
        node.broker.publish("/tf", {"transforms": [{"child_frame_id": child}]})
    assert len(parts) == 2
