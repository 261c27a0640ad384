"""What is looked at before the first command: nothing that cannot work is driven, and the reason is said."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from innervate.errors import ConfigError, InnervateError
from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.session.check import check_robot
from innervate.launch.ros.session.drive import Driver
from innervate.launch.ros.session.link import RobotLink

from .fake import Constant, FakeRobot, FakeWire, SimulatedClock

JOINTS = ("hip", "knee", "ankle")
KNOWN = {
    "/joint_states": "sensor_msgs/msg/JointState", "/cmd": "std_msgs/msg/Float64MultiArray",
    "/emergency_stop": "std_msgs/msg/Bool",
}  # fmt: skip


class Known(FakeWire):
    """A wire that knows who is there."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__(clock)
        self.known = dict(KNOWN)
        self.who: dict[str, tuple[str, ...]] = {"/cmd": ("base",), "/joint_states": ("driver",)}
        self.speaks: str | None = "ros2"
        self.settled: list[str] = []

    def topics(self) -> dict[str, str]:
        return self.known

    def publishers(self, topic: str) -> tuple[str, ...] | None:
        return self.who.get(topic, ()) if topic != "/cmd" else ()

    def subscribers(self, topic: str) -> tuple[str, ...] | None:
        return self.who.get(topic, ())

    def dialect(self) -> str | None:
        return self.speaks

    def settle(self, topic: str, timeout_s: float) -> None:
        assert not self.sent
        self.settled.append(topic)


def changed(clock: SimulatedClock, change: dict[str, Any]) -> Known:
    """A wire with another graph; None is what is not there."""
    wire = Known(clock)
    wire.who |= change.get("who", {})
    wire.known = {k: v for k, v in {**wire.known, **change.get("known", {})}.items() if v is not None}
    wire.speaks = change.get("speaks", wire.speaks)
    wire.services = change.get("services", wire.services)
    return wire


def test_a_state_that_never_comes_may_be_of_the_other_ros(robot: Callable[..., Robot]) -> None:
    clock = SimulatedClock()
    for speaks, said in (("ros1", True), ("ros2", False), (None, False)):
        link = RobotLink(robot(), changed(clock, {"speaks": speaks}), clock)
        with pytest.raises(WireError, match="angle never came") as error:
            link.first_observation(1.0)
        assert ("speaks 'ros1'" in str(error.value)) == said
        link.close()


@pytest.fixture
def drive(robot: Callable[..., Robot]) -> Callable[..., Known]:
    """Drives for ten steps over a wire that is changed before; nothing moves where that is refused."""

    def run(change: dict[str, Any] | None = None, **options: Any) -> Known:
        clock = SimulatedClock()
        wire = changed(clock, change or {})
        FakeRobot(wire, JOINTS, 100.0, kind="velocity")
        link = RobotLink(robot(**options), wire, clock)
        try:
            link.first_observation(5.0)
            Driver(Constant(lambda n: 0.5, 0.02, 3, {"angle": 3}), link).run(10)
        except InnervateError:
            assert not wire.commands()[1].any()
            raise
        finally:
            link.close()
        return wire

    return run


def test_what_is_as_it_should_be_is_driven(drive: Callable[..., Known]) -> None:
    wire = drive()
    assert wire.settled == ["/emergency_stop"] and len(wire.commands()[0]) == 11


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"who": {"/cmd": ()}}, "/cmd has no subscriber"),
        ({"known": {"/cmd": "geometry_msgs/msg/Twist"}}, "/cmd is of type geometry_msgs/msg/Twist"),
        ({"known": {"/emergency_stop": "std_msgs/msg/Empty"}}, "no stop would arrive.*emergency_stop_type"),
        ({"known": {"/joint_states": "sensor_msgs/msg/Imu"}}, "/joint_states is of type"),
        ({"known": {"/joint_states": None}}, "/joint_states is not there"),
        ({"who": {"/joint_states": ("a", "b")}}, "2 publishers, a, b, that tell of the same"),
        ({"speaks": "ros1"}, "is 'ros1' on this bridge"),
    ],
)
def test_what_is_not_is_refused_by_name(drive: Callable[..., Known], change: dict[str, Any], message: str) -> None:
    with pytest.raises(WireError, match=message):
        drive(change)


def test_drivers_that_share_the_joints_are_no_rivals(robot: Callable[..., Robot]) -> None:
    clock = SimulatedClock()
    wire = Known(clock)
    wire.who["/joint_states"] = ("leg", "foot")
    for part in (("hip", "knee"), ("ankle",)):
        FakeRobot(wire, part, 100.0, kind="effort")
    link = RobotLink(robot(), wire, clock)
    link.first_observation(5.0)
    Driver(Constant(lambda n: 0.5, 0.02, 3, {"angle": 3}), link).run(10)
    link.close()
    assert wire.commands()[1].any()


def test_another_drives_stop_service_is_found_out(drive: Callable[..., Known]) -> None:
    def another(request: Any) -> dict[str, Any]:
        return {"success": True, "message": "another"}

    class Taken(dict[str, Any]):
        def __setitem__(self, name: str, handler: Any) -> None:
            super().__setitem__(name, another)

    with pytest.raises(WireError, match="is another drive's: two are called 'arm'"):
        drive({"services": Taken()}, node="arm")


def test_names_of_drives_differ(robot: Callable[..., Robot]) -> None:
    clock = SimulatedClock()
    links = [RobotLink(robot(), FakeWire(clock), clock) for _ in range(3)]
    assert len({link.stop_service for link in links}) == 3
    assert RobotLink(robot(node="arm"), FakeWire(clock), clock).stop_service == "/innervate/arm/emergency_stop"


@pytest.mark.parametrize("joints", [("hip",), ("hip", "knee"), ("hip", "knee", "ankle", "toe")])
def test_another_number_of_actions_is_refused(robot: Callable[..., Robot], joints: tuple[str, ...]) -> None:
    clock = SimulatedClock()
    wire = Known(clock)
    FakeRobot(wire, JOINTS, 100.0, kind="velocity")
    one = robot(command={"joints": joints})
    controller = Constant(lambda n: 0.5, 0.02, 3, {"angle": 3})
    found = check_robot(one, wire, controller.spec, 0.5, clock=clock)
    assert any(not good and f"takes {len(joints)}" in text for _, good, text in found)
    with pytest.raises(ConfigError, match=f"has 3 actions; the robot file's command takes {len(joints)}"):
        Driver(controller, RobotLink(one, wire, clock))
    assert not wire.sent


@pytest.mark.parametrize(
    ("hz", "pace", "said"), [(300.0, "state", True), (50.0, "state", False), (300.0, "clock", False)]
)
def test_check_says_what_the_rate_of_the_states_means(
    robot: Callable[..., Robot], hz: float, pace: str, said: bool
) -> None:
    clock = SimulatedClock()
    wire = Known(clock)
    FakeRobot(wire, JOINTS, hz, kind="velocity")
    found = check_robot(robot(pace=pace), wire, None, 1.0, clock=clock)
    assert all(good for _, good, _ in found)
    texts = [text for what, _, text in found if what == "pace by angle"]
    assert bool(texts) == said
    if said:
        assert "300 sets a second for a control step of 0.02 s: commands go out at 50.0 Hz" in texts[0]


def test_check_waits_for_a_press_of_the_stop(robot: Callable[..., Robot]) -> None:
    for pressed in (True, False):
        clock = SimulatedClock()
        wire = Known(clock)
        FakeRobot(wire, JOINTS, 100.0, kind="velocity")
        wire.tell("/emergency_stop", {"data": False})
        if pressed:
            clock.at(clock.now_s() + 4.0, lambda wire=wire: wire.tell("/emergency_stop", {"data": True}))
        found = check_robot(robot(), wire, None, 1.0, estop_s=10.0, clock=clock)
        ((_, good, text),) = [one for one in found if one[0] == "/emergency_stop"]
        assert good == pressed and ("arrived after" in text) == pressed
        assert not wire.sent  # check never sends


@pytest.mark.parametrize("change", [{}, {"who": {"/cmd": ()}}])
def test_check_and_drive_agree(
    robot: Callable[..., Robot], drive: Callable[..., Known], change: dict[str, Any]
) -> None:
    clock = SimulatedClock()
    wire = changed(clock, change)
    FakeRobot(wire, JOINTS, 100.0, kind="velocity")
    fine = all(good for _, good, _ in check_robot(robot(), wire, None, 1.0, clock=clock))
    try:
        drive(change)
        assert fine
    except WireError:
        assert not fine


def test_relative_names_namespace_and_remappings(robot: Callable[..., Robot]) -> None:
    clock = SimulatedClock()
    wire = FakeWire(clock)
    one = robot(
        command={"topic": "cmd"}, namespace="left", remap=(("/emergency_stop", "/all/stop"),),
        observation=tuple(dataclasses.replace(o, topic="joint_states") for o in robot().observation),
    )  # fmt: skip
    link = RobotLink(one, wire, clock)
    assert set(wire.listeners) == {"/left/joint_states", "/all/stop"} and wire.advertised[1:] == ["/left/cmd"]
    wire.tell("/left/joint_states", {"name": list(JOINTS), "position": [0.0] * 3})
    link.act(np.ones(3))
    wire.tell("/all/stop", {"data": True})
    times, values = wire.commands("/left/cmd")
    assert len(times) == 2 and values[0].any() and not values[1].any()
    link.close()
