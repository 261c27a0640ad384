"""What the robot says is read by joint name; what is wrong with it is named and never becomes an observation."""

import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from innervate.errors import ConfigError
from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.robot_file import Observation, Robot
from innervate.launch.ros.session.senses import Senses, values_of

from .fake import FakeWire, SimulatedClock

close: Any = np.testing.assert_allclose
equal: Any = np.testing.assert_array_equal

LEG = Observation(
    name="angle", topic="/joint_states", type="sensor_msgs/msg/JointState", field="position",
    joints=("hip", "knee", "ankle"), unit="deg", sign=(1.0, -1.0, 1.0), offset=(0.0, 0.0, 90.0),
)  # fmt: skip


def state(names: list[Any], position: Any, **more: Any) -> dict[str, Any]:
    return {"name": names, "position": position, **more}


def test_order_by_name_sign_offset_and_unit() -> None:
    message = state(["tail", "ankle", "hip", "knee"], [1.0, 100.0, 20.0, 30.0])
    close(values_of(LEG, message), np.deg2rad([20.0, -30.0, 10.0]))


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (state(["hip", "knee", "ankle"], [0.0, None, 0.0]), "knee.*null"),
        (state(["hip", "knee", "ankle"], [0.0, math.nan, math.inf]), "knee is nan, ankle is inf"),
        (state(["hip", "knee", "ankle"], np.array([0.0, math.nan, 0.0])), "knee is nan"),
        (state(["hip", "knee", "ankle"], [0.0, 0.0]), "ankle has no position: 2 values for 3 joints"),
        (state(["hip", "knee", "ankle"], []), "hip has no position"),
        (state(["hip", "knee"], [0.0, 0.0]), "ankle is not among the robot's joints, hip, knee"),
        (state(["hip", "knee", "ankle"], [0.0, "0", 0.0]), "knee"),
        (state(["hip", "knee", "ankle"], [0.0, True, 0.0]), "knee"),
        (state(["hip", "hip", "ankle"], [0.0, 0.0, 0.0]), "named twice"),
        (state(["hip", "knee", "ankle"], {"0": 1}), "no position"),
        ({"position": [0.0, 0.0, 0.0]}, "no list of joint names"),
        (state(["hip", "knee", "ankle"], [0.0, 10**400, 0.0]), "knee"),
    ],
)
def test_bad_joint_states_are_named_by_joint(message: dict[str, Any], problem: str) -> None:
    with pytest.raises(MessageError, match=problem):
        values_of(LEG, message)


def test_joints_of_several_drivers_are_merged_each_with_its_age(robot: Callable[..., Robot]) -> None:
    clock = SimulatedClock()
    wire = FakeWire(clock)
    senses = Senses(wire, robot(), clock)

    def tell(names: list[str], *values: float, stamp_s: float = 0.0) -> None:
        stamp = {"sec": int(stamp_s), "nanosec": round(stamp_s % 1 * 1e9)}
        wire.tell("/joint_states", {"header": {"stamp": stamp}, "name": names, "position": list(values)})

    tell(["ankle", "tail"], 3.0, 9.0, stamp_s=5.5)
    assert senses.get("angle") is None and senses.numbers() == {"angle": 0}
    assert "hip, knee are not among the robot's joints, ankle, tail" in senses.missing()["angle"]
    clock.sleep(0.1)
    tell(["knee", "hip"], 2.0, 1.0, stamp_s=5.5)  # the same stamp, of another driver: no repetition
    equal(senses["angle"], [1.0, 2.0, 3.0])
    assert senses.numbers() == {"angle": 1} and senses.ages_s(clock.now_s())["angle"] == pytest.approx(0.1)
    before = senses["angle"]
    for n in range(10):  # one driver is silent: its joints grow old, and the set is not new
        clock.sleep(0.1)
        tell(["hip", "knee"], 10.0 + n, 2.0, stamp_s=5.6 + 0.1 * n)
    equal(senses["angle"], [19.0, 2.0, 3.0])
    equal(before, [1.0, 2.0, 3.0])
    assert senses.numbers() == {"angle": 1} and senses.ages_s(clock.now_s())["angle"] == pytest.approx(1.1)
    tell(["base"], 0.0)  # nothing of ours
    tell(["ankle"], 4.0, stamp_s=6.6)
    assert senses.numbers() == {"angle": 2}
    assert senses.sources["/joint_states"] >= {("ankle", "tail"), ("knee", "hip"), ("hip", "knee"), ("base",)}


@pytest.mark.parametrize(
    ("stamps", "taken"),
    [
        ([7.25] * 6, 6),  # a driver whose stamps stand still
        ([7.0, 7.0, 7.0, 8.0, 8.0, 8.0], 6),  # of whole seconds
        ([7.01, 7.02, 7.02, 7.03, 7.03, 7.03], 3),  # a network that repeats
        ([7.01, 7.02, 7.01, 7.03, 7.02, 7.04], 4),  # one that reorders
        ([0.0] * 6, 6),  # no clock at all
    ],
)
def test_stamps_tell_old_from_new_where_they_mean_anything(
    robot: Callable[..., Robot], stamps: list[float], taken: int
) -> None:
    clock = SimulatedClock()
    wire = FakeWire(clock)
    senses = Senses(wire, robot(), clock)
    for stamp_s in stamps:
        clock.sleep(0.01)
        stamp = {"sec": int(stamp_s), "nanosec": round(stamp_s % 1 * 1e9)}
        message = {"header": {"stamp": stamp}, "name": ["hip", "knee", "ankle"], "position": [0.0] * 3}
        wire.tell("/joint_states", message)
    assert senses.numbers() == {"angle": taken}


def test_a_state_told_again_while_a_simulation_s_clock_stands_is_no_news(robot: Callable[..., Robot]) -> None:
    """In lock step the first state is told again until a command comes; to act on it twice loses the step."""
    clock = SimulatedClock()
    wire = FakeWire(clock)
    senses = Senses(wire, robot(clock="sim"), clock)

    def tell(state_s: float, clock_s: float) -> int:
        clock.sleep(0.5)
        wire.tell("/clock", {"clock": {"sec": int(clock_s), "nanosec": round(clock_s % 1 * 1e9)}})
        stamp = {"sec": int(state_s), "nanosec": round(state_s % 1 * 1e9)}
        message = {"header": {"stamp": stamp}, "name": ["hip", "knee", "ankle"], "position": [0.0] * 3}
        wire.tell("/joint_states", message)
        return senses.numbers()["angle"]

    assert [tell(0.03, 0.03), tell(0.03, 0.03), tell(0.06, 0.06), tell(0.06, 0.06)] == [1, 1, 2, 2]
    senses.forget()  # a reset
    assert tell(0.06, 0.06) == 1
    # A driver whose stamps stand still while time goes on goes by arrival, as on a robot.
    senses.forget()
    assert [tell(7.25, t) for t in (8.0, 8.5, 9.0)] == [1, 2, 3]


def test_bad_messages_leave_the_last_good_one_and_are_counted(wire: Any, robot: Callable[..., Robot]) -> None:
    senses = Senses(wire, robot())
    good = {"name": ["knee", "ankle", "hip"], "position": [2.0, 3.0, 1.0]}
    wire.tell("/joint_states", good)
    for bad in (math.nan, None, "x"):
        wire.tell("/joint_states", {**good, "position": [bad, 3.0, 1.0]})
    equal(senses["angle"], [1.0, 2.0, 3.0])
    assert senses.counts["unusable"] == 3 and senses.numbers() == {"angle": 1}
    assert "knee" in senses.problems["/joint_states"]


def test_late_and_repeated_messages_are_not_news(wire: Any, robot: Callable[..., Robot]) -> None:
    senses = Senses(wire, robot())

    def tell(stamp_s: float, value: float) -> None:
        stamp = {"sec": int(stamp_s), "nanosec": round(stamp_s % 1 * 1e9)}
        wire.tell("/joint_states", {
            "header": {"stamp": stamp}, "name": ["hip", "knee", "ankle"], "position": [value, 0.0, 0.0],
        })  # fmt: skip

    for stamp_s, value in ((100.0, 1.0), (100.02, 2.0), (100.01, 9.0), (100.02, 9.0), (100.04, 3.0)):
        tell(stamp_s, value)
    assert senses.numbers() == {"angle": 3} and senses["angle"][0] == 3.0
    assert senses.counts["late or twice"] == 2
    tell(5.0, 4.0)  # the clock was set back: not a late message
    assert senses["angle"][0] == 4.0 and senses.counts["clock jump"] == 1


def test_other_messages() -> None:
    def one(type_: str, field: str, **more: Any) -> Observation:
        return Observation(name="x", topic="/x", type=type_, field=field, **more)

    imu = {"angular_velocity": {"x": 1.0, "y": 2.0, "z": 3.0}, "orientation": {"x": 0.0, "y": 0.0, "z": 0.0, "w": 1.0}}
    equal(values_of(one("sensor_msgs/msg/Imu", "angular_velocity"), imu), [1, 2, 3])
    equal(values_of(one("sensor_msgs/Imu", "orientation"), imu), [0, 0, 0, 1])
    odom = {"twist": {"twist": {"linear": {"x": 4.0, "y": 0.0, "z": 0.0}}}}
    equal(values_of(one("nav_msgs/msg/Odometry", "twist.twist.linear"), odom), [4, 0, 0])
    with pytest.raises(MessageError, match="'linear'"):
        values_of(one("nav_msgs/msg/Odometry", "twist.twist.linear"), {"twist": {"twist": {}}})
    tf = one("tf2_msgs/msg/TFMessage", "transform.translation", joints=("camera",))
    moved = {"translation": {"x": 1.0, "y": 0.0, "z": 2.0}}
    frames = {"transforms": [{"child_frame_id": name, "transform": moved} for name in ("base", "camera")]}
    equal(values_of(tf, frames), [1, 0, 2])
    assert values_of(tf, {"transforms": frames["transforms"][:1]}) is None


@pytest.mark.parametrize(
    ("field", "type_", "low", "high"),
    [
        ("ranges", "sensor_msgs/msg/LaserScan", "range_min", "range_max"),
        ("range", "sensor_msgs/Range", "min_range", "max_range"),
    ],
)
def test_ranges_by_rep_117_alike_over_every_wire(field: str, type_: str, low: str, high: str) -> None:
    def told(ranges: Any, **more: Any) -> list[float]:
        one = Observation(name="x", topic="/x", type=type_, field=field, **more)
        values = values_of(one, {low: 0.1, high: 10.0, field: ranges if field == "ranges" else ranges[0]})
        assert values is not None
        return values.tolist()

    for kind in (list, np.array):  # JSON without null; CBOR and rclpy
        assert told(kind([-math.inf])) == [0.1] and told(kind([math.inf])) == [10.0]
        assert told(kind([0.02])) == [0.1] and told(kind([99.0])) == [10.0] and told(kind([3.0])) == [3.0]
    for unknown in ([None], [math.nan], np.array([math.nan])):  # null may be any of the three
        with pytest.raises(MessageError, match="too close as well as nothing there"):
            told(unknown)
        assert told(unknown, null_range="max") == [10.0] and told(unknown, null_range="min") == [0.1]
    with pytest.raises(MessageError, match="reach"):
        values_of(Observation(name="x", topic="/x", type=type_, field=field), {low: 5.0, high: 1.0, field: [1.0]})
    with pytest.raises(ValueError, match="null_range is for"):
        Observation(name="x", topic="/x", type="sensor_msgs/msg/Imu", field="orientation", null_range="max")


def test_pictures() -> None:
    camera = Observation(
        name="x", topic="/x", type="sensor_msgs/msg/CompressedImage", field="data", image_size=(4, 2)
    )
    data = io.BytesIO()
    Image.fromarray(np.full((20, 40, 3), 51, np.uint8)).save(data, "PNG")
    close(values_of(camera, {"data": data.getvalue()}), np.full(8, 0.2))
    for bad in (b"no picture", data.getvalue()[:60], 7):
        with pytest.raises(MessageError):
            values_of(camera, {"data": bad})


def test_raw_pictures_are_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match=r"4 frames a second.*CompressedImage"):
        Observation(name="x", topic="/camera/image_raw", type="sensor_msgs/msg/Image", field="data")


def test_sizes_must_fit_the_controller(robot: Callable[..., Robot]) -> None:
    from innervate.launch.ros.session.senses import check_fit
    from innervate.signals import Channel

    check_fit(robot(), [Channel(name="angle", size=3)])
    with pytest.raises(ConfigError, match="has 4 numbers; the robot file names 3 joints"):
        check_fit(robot(), [Channel(name="angle", size=4)])
    with pytest.raises(ConfigError, match="needs the observation 'speed'"):
        check_fit(robot(), [Channel(name="speed", size=3)])
