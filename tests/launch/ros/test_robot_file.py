"""The robot file: read as written, and each mistake answered with the entry that is wrong."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innervate.errors import ConfigError, InnervateError
from innervate.launch.ros.bridge.messages import check_message, stamp_seconds
from innervate.launch.ros.bridge.names import Names
from innervate.launch.ros.commands import CommandMessages
from innervate.launch.ros.mix import Mix
from innervate.launch.ros.robot_file import Command, Robot, load_robot, robot_from, save_robot
from innervate.launch.ros.session.link import check_control_step

GOOD: dict[str, Any] = {
    "format": 1, "control_step_s": 0.02,
    "observation": [{"name": "angle", "topic": "/joint_states", "type": "sensor_msgs/msg/JointState",
                     "field": "position", "joints": ["a", "b"], "unit": "deg"}],
    "command": {"topic": "/cmd", "type": "std_msgs/msg/Float64MultiArray", "kind": "velocity",
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
        ("observation.0.topic", "joint states", "is no name of ROS"),
        ("observation.0.topic", "", "needs a topic"),
        ("command.topic", "~/cmd", "is no name of ROS"),
        ("namespace", "left arm", "is no name of ROS"),
        ("remap", [["/a", "/b"], ["/a", "/c"]], "gives one name two"),
        ("emergency_stop_type", "std_msgs/msg/Float64", "type of emergency stop"),
        ("emergency_stop_heartbeat_s", -1, "0 or more"),
        ("command.type", "trajectory_msgs/msg/JointTrajectory", "takes positions.*JointGroupVelocityController"),
        ("command.time_from_start_s", 0, "must be positive"),
        ("observation.0.null_range", "min", "null_range is for"),
        ("safety", {"hold": "last"}, "hold"),
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
        ("format", 3, "reads formats 1 to 2.*innervate ros robot"),
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
    base: dict[str, Any] = {
        "topic": "/cmd_vel", "type": "geometry_msgs/msg/TwistStamped", "kind": "velocity",
        "joints": ("linear.x", "angular.z"), "low": (-0.2, -1.0), "high": (0.5, 1.0),
    }  # fmt: skip
    messages = CommandMessages(Command(**base, mix=Mix(kind="axes")), 0.1)
    twist = messages.message(messages.wish(np.array([1.0, -0.5])), 1.0)["twist"]
    assert twist == {"linear": {"x": 0.5, "y": 0.0, "z": 0.0}, "angular": {"x": 0.0, "y": 0.0, "z": -0.5}}
    with pytest.raises(InnervateError, match=r"What are the controller's actions\?.*differential"):
        Command(**base)
    base |= {"joints": ("linear.x",), "low": -0.2, "high": 0.5}
    Command(**base)  # one axis is no riddle
    with pytest.raises(InnervateError, match=r"Did you mean 'linear.x'"):
        robot_from(changed("command", {"topic": "/c", "type": "geometry_msgs/msg/Twist", "kind": "velocity",
                                       "joints": ["linear_x"], "low": -1, "high": 1}))  # fmt: skip


WHEELS: dict[str, Any] = {
    "topic": "/cmd_vel", "type": "geometry_msgs/msg/Twist", "kind": "velocity", "joints": ("linear.x", "angular.z"),
    "low": (-2.0, -9.0), "high": (2.0, 9.0),
}  # fmt: skip


def test_two_motors_become_a_twist_and_back() -> None:
    from innervate.launch.ros.simulated.command_inbox import DifferentialDrive

    mix = Mix(kind="differential", track_m=0.44, full_speed_m_s=1.5)
    back = DifferentialDrive(left=0, right=1, track_m=0.44, full_speed_m_s=1.5)
    for joints in (WHEELS["joints"], WHEELS["joints"][::-1]):
        wheels: dict[str, Any] = {**WHEELS, "joints": joints, "low": -9.0, "high": 9.0}
        messages = CommandMessages(Command(**wheels, mix=mix), 0.1)

        def twist(action: list[float], messages: CommandMessages = messages) -> tuple[float, float]:
            message = messages.message(messages.wish(np.array(action)), 0.0)
            return message["linear"]["x"], message["angular"]["z"]

        assert twist([1.0, 1.0]) == (1.5, 0.0)  # straight on is straight on
        assert twist([-0.5, 0.5]) == pytest.approx((0.0, 1.5 / 0.44))  # the right wheel ahead: to the left
        for action in np.random.default_rng(0).uniform(-1, 1, (20, 2)):
            np.testing.assert_allclose(back.controls(*twist(action.tolist()), 2), action, atol=1e-12)


def test_a_steered_base_and_a_matrix() -> None:
    mix = Mix(kind="ackermann", wheelbase_m=0.3, full_speed_m_s=2.0, full_steering_rad=0.5)
    messages = CommandMessages(Command(**WHEELS, mix=mix), 0.1)
    twist = messages.message(messages.wish(np.array([0.5, -1.0])), 0.0)
    # A circle through the rear axle's middle: its radius is the wheelbase over the steering's tangent.
    assert twist["linear"]["x"] == 1.0 and twist["angular"]["z"] == pytest.approx(-1.0 / (0.3 / math.tan(0.5)))
    steered: dict[str, Any] = {
        **WHEELS, "type": "ackermann_msgs/msg/AckermannDriveStamped", "joints": ("speed", "steering_angle"),
    }  # fmt: skip
    stamped = Command(**steered, mix=mix)
    told = CommandMessages(stamped, 0.1)
    drive = told.message(told.wish(np.array([0.5, -1.0])), 3.0)
    assert drive["drive"] == {"speed": 1.0, "steering_angle": -0.5} and drive["header"]["stamp"]["sec"] == 3
    check_message("ackermann_msgs/msg/AckermannDriveStamped", drive)
    three = Command(**WHEELS, mix=Mix(kind="matrix", matrix=((1.0, 1.0, 0.0), (0.0, -1.0, 2.0))))
    assert three.actions == 3
    np.testing.assert_array_equal(CommandMessages(three, 0.1).wish(np.array([0.5, 0.25, -1.0])), [0.75, -2.25])
    for bad, problem in (
        ({"kind": "differential", "track_m": 0.4}, "needs full_speed_m_s"),
        ({"kind": "ackermann", "wheelbase_m": 1.0, "full_speed_m_s": 1.0, "full_steering_rad": 2.0}, "right angle"),
        ({"kind": "matrix", "matrix": [[1.0], [1.0, 2.0]]}, "all of one length"),
        ({"kind": "matrix", "matrix": [[1.0, 0.0]]}, "1 rows for 2 joints"),
        ({"kind": "axis"}, "axis"),
    ):
        command = {**WHEELS, "joints": list(WHEELS["joints"]), "low": -2.0, "high": 2.0, "mix": bad}
        with pytest.raises(InnervateError, match=problem):
            robot_from(changed("command", command))


@pytest.mark.parametrize("clocks_apart_s", [-5.0, -1.0, -0.05, 0.0, 0.05, 1.0, 5.0])
def test_trajectories_are_taken_whatever_the_robots_clock_says(clocks_apart_s: float) -> None:
    """By the rules of ros2_controllers' joint_trajectory_controller: a stamp of zero is now, another one is a time."""
    command = Command(topic="/c", type="trajectory_msgs/msg/JointTrajectory", kind="position", joints=("a", "b"),
                      low=-1.0, high=1.0)  # fmt: skip
    for time_from_start_s in (None, 0.1):
        one = dataclasses.replace(command, time_from_start_s=time_from_start_s)
        here_s = 1.7e9
        message = CommandMessages(one, 0.03).message(np.array([0.1, 0.2]), here_s)
        check_message("trajectory_msgs/msg/JointTrajectory", message)
        start_s = stamp_seconds(message["header"]["stamp"])
        robot_s = here_s + clocks_apart_s + 0.005  # on the way
        (point,) = message["points"]
        lasts_s = stamp_seconds(point["time_from_start"])
        assert start_s == 0.0 or start_s + lasts_s >= robot_s  # else: refused, it ends in the past
        begins_s = robot_s if start_s == 0.0 else start_s
        assert begins_s == robot_s and lasts_s == pytest.approx(time_from_start_s or 0.03)  # else: late
        assert point["positions"] and not point["velocities"] and not point["effort"]


@pytest.mark.parametrize("what", ["swim", "arena"])
def test_what_is_written_for_a_body_is_careful_and_explains_itself(what: str, tmp_path: Path) -> None:
    from innervate.launch.cli import main
    from innervate.launch.ros.observation import Observation
    from innervate.launch.ros.safety import SafetyConfig

    main(["ros", "robot", what, "--out", str(tmp_path / "r.toml")])
    one = load_robot(tmp_path / "r.toml")
    assert one.safety.soft_start_s >= 1.0 and np.isfinite(one.command.rate_per_s).all() and one.pace == "clock"
    assert one.format == 2 and one.safety.hold == "measured"
    lines = (tmp_path / "r.toml").read_text().splitlines()
    for kind in (Robot, Observation, Command, SafetyConfig):
        for field in dataclasses.fields(kind):
            (at, *_) = [i for i, line in enumerate(lines) if line.startswith((f"{field.name} = ", f"# {field.name} is",
                        f"[{field.name}]", f"[[{field.name}]]", f"# [{field.name}]"))]  # fmt: skip
            while lines[at - 1].partition(" ")[0].isidentifier() or lines[at - 1].endswith(" is not set"):
                at -= 1  # several that share a sentence
            assert lines[at - 1].startswith("# ") or lines[at].startswith("["), field.name
    save_robot(tmp_path / "again.toml", one)
    assert load_robot(tmp_path / "again.toml") == one


def test_a_mix_is_written_and_read_again(tmp_path: Path, robot: Callable[..., Robot]) -> None:
    mix = Mix(kind="matrix", matrix=((1.0, 0.0), (0.5, -1.0), (0.0, 2.0)))
    for suffix in ("toml", "json"):
        one = robot(command={"mix": mix}, remap=(("/a", "/b"),), namespace="left")
        save_robot(tmp_path / f"r.{suffix}", one)
        assert load_robot(tmp_path / f"r.{suffix}") == one


@pytest.mark.parametrize("name", ["swim.toml", "reach.json"])
def test_files_written_before_still_load(name: str) -> None:
    one = load_robot(Path(__file__).parent / "robots" / name)
    assert one.format == 1 and one.pace == "state" and one.safety.hold == "measured"
    assert one.emergency_stop().type == "std_msgs/msg/Bool" and one.command.actions == len(one.command.joints)


def test_names_are_relative_to_the_namespace_and_remapped_once() -> None:
    names = Names("left/arm", (("/a", "/b"), ("/b", "/a"), ("cmd", "/drive")))
    assert names.full("joint_states") == "/left/arm/joint_states" and names.full("/clock") == "/clock"
    assert names.full("/a") == "/b" and names.full("/b") == "/a" and names.full("cmd") == "/drive"
    assert Names().full("joint_states") == "/joint_states"
