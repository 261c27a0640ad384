"""The robot file: read as written, and each mistake answered with the entry that is wrong."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innervate.errors import ConfigError, InnervateError
from innervate.launch.ros.commands import CommandMessages
from innervate.launch.ros.link import check_control_step
from innervate.launch.ros.robot_file import Command, Robot, load_robot, robot_from, save_robot

GOOD: dict[str, Any] = {
    "format": 1, "control_step_s": 0.02,
    "observation": [{"name": "angle", "topic": "/joint_states", "type": "sensor_msgs/msg/JointState",
                     "field": "position", "joints": ["a", "b"], "unit": "deg"}],
    "command": {"topic": "/cmd", "type": "trajectory_msgs/msg/JointTrajectory", "kind": "velocity",
                "joints": ["a", "b"], "low": -1, "high": [1.0, 2.0]},
}  # fmt: skip


def changed(path: str, value: Any) -> dict[str, Any]:
    import copy

    document = copy.deepcopy(GOOD)
    place: Any = document
    *way, last = path.split(".")
    for part in way:
        place = place[int(part) if part.isdigit() else part]
    place[last] = value
    return document


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_written_and_read_again(suffix: str, tmp_path: Path, robot: Callable[..., Robot]) -> None:
    for one in (robot(), robot_from(GOOD), robot(command={"rate_per_s": 3.0}, travel=(), allow_topics=("/a", "/b*"))):
        save_robot(tmp_path / f"r.{suffix}", one)
        again = load_robot(tmp_path / f"r.{suffix}")
        assert again.limits() == one.limits()
        assert again.observation[0].joints == one.observation[0].joints
        assert again.safety == one.safety and again.allow_topics == one.allow_topics


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("observation.0.unit", "degree", "unit named 'degree'.*Did you mean 'deg'"),
        ("observation.0.type", "sensor_msgs/msg/JointStates", "Did you mean 'sensor_msgs/msg/JointState'"),
        ("observation.0.topic", "joint_states", "begins with '/'"),
        ("observation.0.joints", ["a", "a"], "names a joint twice"),
        ("observation.0.joints", [], "say which joints"),
        ("observation.0.sign", 2, "sign is 1 or -1"),
        ("observation.0.joint", ["a"], "Did you mean 'joints'"),
        ("observation.0.constant", 1.0, "has a topic and a constant"),
        ("command.kind", "speed", "named 'speed'"),
        ("command.low", [-1, -1, -1], "3 numbers for 2"),
        ("command.low", 0.5, "could not be stopped"),
        ("command.high", "1", "should be of type float, not '1'"),
        ("command.high", True, "should be of type float"),
        ("command.offset", 0.1, "a velocity of zero would move"),
        ("command.type", "std_msgs/msg/String", "type of command"),
        ("command.wire_order", ["a", "c"], "same names"),
        ("control_step_s", 0, "positive"),
        ("control_step_s", math.nan, "not a number"),
        ("format", 2, "reads format 1"),
        ("observation", [], "need names"),
        ("observation", "x", "should be a list"),
        ("safety", {"max_age_s": -1}, "max_age_s must be"),
        ("travel", [[0, 1], [0, 1]], r"add a \[position\] table"),
        ("pace", "fast", "pace"),
    ],
)
def test_mistakes_are_named(path: str, value: Any, message: str) -> None:
    with pytest.raises(InnervateError, match=message):
        robot_from(changed(path, value))


@settings(max_examples=200, deadline=None)
@given(path=st.sampled_from(["control_step_s", "observation", "observation.0.joints", "command.low", "command.joints",
                             "command", "safety", "travel", "uri"]),
       value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                          lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x)))  # fmt: skip
def test_whatever_a_file_holds_the_answer_is_a_robot_or_a_sentence(path: str, value: Any) -> None:
    try:
        robot_from(changed(path, value))
    except InnervateError:
        return


@pytest.mark.parametrize("text", ["", "[", "a = ", "\x00", "[]", "3"])
@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_files_that_are_none(text: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"r.{suffix}"
    path.write_text(text)
    with pytest.raises(InnervateError):
        load_robot(path)
    with pytest.raises(InnervateError, match=r"There is no file.*innervate ros robot"):
        load_robot(tmp_path / "none.toml")


def test_a_rate_that_the_controller_was_not_trained_for(robot: Callable[..., Robot]) -> None:
    with pytest.raises(ConfigError, match=r"trained for a control step of 0.03 s \(33.3 Hz\).*0.02 s \(50.0 Hz\)"):
        check_control_step(robot(), 0.03)


def test_a_position_in_degrees_with_sign_offset_and_another_order_on_the_wire() -> None:
    messages = CommandMessages(
        Command(
            topic="/c", type="sensor_msgs/msg/JointState", kind="position", joints=("a", "b"),
            low=(-90.0, 0.0), high=(90.0, 180.0),
            action_low=(-math.pi / 2, -math.pi / 2), action_high=(math.pi / 2, math.pi / 2), sign=(1.0, -1.0),
            offset=(0.0, 90.0), unit="deg", wire_order=("b", "a"),
        ),
        0.02,
    )  # fmt: skip
    wish = messages.wish(np.array([0.5, 0.5]))
    np.testing.assert_allclose(wish, [45.0, 45.0])  # a: 45 deg; b: 90 - 45
    message = messages.message(wish + np.array([0.0, 1.0]), 2.0)
    assert message["name"] == ["b", "a"] and message["position"] == pytest.approx([46.0, 45.0])
    assert message["header"]["stamp"] == {"sec": 2, "nanosec": 0}


def test_twists() -> None:
    command = Command(
        topic="/cmd_vel", type="geometry_msgs/msg/TwistStamped", kind="velocity", joints=("linear.x", "angular.z"),
        low=(-0.2, -1.0), high=(0.5, 1.0),
    )  # fmt: skip
    messages = CommandMessages(command, 0.1)
    twist = messages.message(messages.wish(np.array([1.0, -0.5])), 1.0)["twist"]
    assert twist == {"linear": {"x": 0.5, "y": 0.0, "z": 0.0}, "angular": {"x": 0.0, "y": 0.0, "z": -0.5}}
    with pytest.raises(InnervateError, match=r"Did you mean 'linear.x'"):
        robot_from(changed("command", {"topic": "/c", "type": "geometry_msgs/msg/Twist", "kind": "velocity",
                                       "joints": ["linear_x"], "low": -1, "high": 1}))  # fmt: skip
