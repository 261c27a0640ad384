"""Frames: what real bridges send is read, what harms a robot is not."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.bridge.frames import Fragments, FrameLimits, decode, encode, split
from innervate.launch.ros.bridge.messages import check_message, filled, in_ros1, stamp_of, stamp_seconds


@pytest.mark.parametrize(
    "frame",
    [
        '{"op":"publish","topic":"/a","msg":{"data":[NaN]}}',
        '{"op":"publish","topic":"/a","msg":{"data":[Infinity]}}',
        '{"op":"publish","topic":"/a","msg":{"data":[1e999]}}',
        '{"op":"publish","topic":"/a"',
        "[]", "null", "3", '{"op":7}', '{"noop":"x"}', "", "\ud800",
        "[" * 100000,
        '{"op":"publish","topic":"/a","msg":{"data":' + "9" * 5000 + "}}",
    ],
)  # fmt: skip
def test_bad_frames_are_refused(frame: str) -> None:
    with pytest.raises(MessageError):
        decode(frame)


def test_frames_have_a_size() -> None:
    with pytest.raises(MessageError, match="at most 1000"):
        decode('{"op":"' + "x" * 1000 + '"}', FrameLimits(frame_bytes=1000))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)), st.booleans())
def test_numbers_cross_bit_for_bit(values: list[float], binary: bool) -> None:
    again = decode(encode({"op": "publish", "msg": {"data": values}}, binary=binary))["msg"]["data"]
    assert [x.hex() for x in again] == [x.hex() for x in values]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), object()])
def test_what_is_not_sent(bad: Any) -> None:
    with pytest.raises(MessageError):
        encode({"op": "publish", "topic": "/a", "msg": {"data": [bad]}})


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=500), st.integers(1, 60), st.randoms())
def test_fragments_in_any_order(text: str, size: int, random: Any) -> None:
    frame = json.dumps({"op": "x", "text": text})
    pieces = split(frame, "1", size)
    random.shuffle(pieces)
    together = Fragments()
    results = [together.add(piece) for piece in pieces]
    assert results[-1] == frame and not any(results[:-1])


def test_fragments_as_rosbridge_2_1_0_sends_them() -> None:
    together = Fragments()  # the total is the quotient, the id a number
    pieces = ({"op": "fragment", "id": 0, "data": d, "num": i, "total": 2.79} for i, d in enumerate("abc"))
    assert [together.add(p) for p in pieces][-1] == "abc"


@pytest.mark.parametrize(
    "change",
    [{"total": 1e9}, {"num": -1}, {"num": 5}, {"total": True}, {"data": 3}, {"num": "1"}, {"total": float("nan")}],
)
def test_bad_fragments(change: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        Fragments().add({"op": "fragment", "id": "1", "data": "x", "num": 0, "total": 3, **change})


def test_fragments_that_never_end_take_no_memory() -> None:
    limits = FrameLimits(frame_bytes=1000, pending=4)
    together = Fragments(limits)
    for i in range(200):
        together.add({"op": "fragment", "id": str(i), "data": "x" * 900, "num": 0, "total": 2})
    held = sum(len(d) for parts in together._pending.values() for d in parts.values())  # pyright: ignore[reportPrivateUsage]
    assert held <= 4 * 1000
    with pytest.raises(MessageError, match="at most 1000"):
        together.add({"op": "fragment", "id": "199", "data": "x" * 900, "num": 1, "total": 3})


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"position": [0.0, None]}, r"position\[1\]"),
        ({"position": [0.0, "1"]}, r"position\[1\]"),
        ({"position": [True]}, r"position\[0\]"),
        ({"position": 3.0}, "should be a list"),
        ({"name": [1]}, r"name\[0\]"),
        ({"speed": []}, "no field 'speed'"),
        ({"header": {"stamp": {"sec": "now"}}}, "header.stamp.sec"),
        ({"position": [10**400]}, r"position\[0\]"),
        ([], "should be an object"),
    ],
)
def test_messages_are_checked_by_field(message: Any, problem: str) -> None:
    with pytest.raises(MessageError, match=problem):
        check_message("sensor_msgs/msg/JointState", message)


def test_what_is_left_out_is_zero_and_ros1_is_understood() -> None:
    message = {"header": {"seq": 3, "stamp": {"secs": 5, "nsecs": 7}}, "name": ["a"]}
    check_message("sensor_msgs/msg/JointState", message)
    full = filled("sensor_msgs/msg/JointState", message)
    assert full["header"] == {"stamp": {"sec": 5, "nanosec": 7}, "frame_id": ""}
    assert full["position"] == [] and filled("sensor_msgs/msg/Imu", {})["orientation_covariance"] == [0.0] * 9
    assert in_ros1({"header": {"stamp": stamp_of(1.5)}}) == {"header": {"stamp": {"secs": 1, "nsecs": 500000000}}}


@given(st.floats(0, 4e9))
def test_stamps(seconds: float) -> None:
    assert stamp_seconds(stamp_of(seconds)) == pytest.approx(seconds, abs=1e-6)
