"""Between controller and wire: the robot is told to rest whenever it should be, by whoever notices first."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from innervate.errors import NonFiniteError
from innervate.launch.ros.bridge.errors import NoAnswerError
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.session.link import RobotLink

from .fake import FakeWire, SimulatedClock

JOINTS = ("hip", "knee", "ankle")


def tell(wire: Any, value: float = 0.0) -> None:
    wire.tell("/joint_states", {"name": list(JOINTS), "position": [value] * 3})


@pytest.fixture
def linked(wire: Any, robot: Callable[..., Robot]) -> Iterator[Callable[..., RobotLink]]:
    links: list[RobotLink] = []

    def make(**options: Any) -> RobotLink:
        links.append(RobotLink(robot(**options), wire))
        tell(wire)
        return links[-1]

    yield make
    for link in links:
        link.close()


def sent(wire: Any) -> list[list[float]]:
    return [message["data"] for _, message in wire.sent["/cmd"]]


def test_actions_become_commands(wire: Any, linked: Callable[..., RobotLink]) -> None:
    link = linked()
    link.act(np.array([1.0, -0.5, 0.0]))
    assert sent(wire) == [[2.0, -1.0, 0.0]]


@pytest.fixture
def timed(robot: Callable[..., Robot]) -> Callable[..., tuple[RobotLink, FakeWire, SimulatedClock]]:
    """A link on a simulated clock, its robot's state told once."""

    def make(**options: Any) -> tuple[RobotLink, FakeWire, SimulatedClock]:
        clock = SimulatedClock()
        wire = FakeWire(clock)
        link = RobotLink(robot(**options), wire, clock)
        wire.tell("/joint_states", {"name": list(JOINTS), "position": [0.0] * 3})
        return link, wire, clock

    return make


def test_old_observations_stop_until_newer_come(timed: Callable[..., Any]) -> None:
    link, wire, clock = timed(safety={"max_age_s": 1.0, "watchdog_s": 60.0})
    assert not link.act(np.ones(3)).stopped
    clock.sleep(1.06)
    assert "angle is" in link.act(np.ones(3)).stopped
    wire.tell("/joint_states", {"name": list(JOINTS), "position": [0.0] * 3})
    assert not link.act(np.ones(3)).stopped
    times, values = wire.commands()
    assert values.any(1).tolist() == [True, False, False, True]
    assert times[1] - times[0] <= 1.0 + 0.05 + 1e-9  # the guard saw it first


def test_a_controller_that_hangs_is_stopped(timed: Callable[..., Any]) -> None:
    link, wire, clock = timed(safety={"watchdog_s": 0.1, "max_age_s": 10.0})
    link.act(np.ones(3))
    clock.sleep(0.13)
    times, values = wire.commands()
    assert values.any(1).tolist() == [True, False] and times[1] - times[0] <= 0.1 + 0.02 + 1e-9
    assert link.counts["watchdog"] == 1
    clock.sleep(5.0)
    assert len(wire.sent) == 2  # told once


def test_a_heartbeat_that_stops_stops_the_robot(timed: Callable[..., Any]) -> None:
    link, wire, clock = timed(emergency_stop_heartbeat_s=0.3, safety={"max_age_s": 60.0, "watchdog_s": 60.0})
    assert "no heartbeat: /emergency_stop has not been heard" in link.act(np.ones(3)).stopped
    wire.tell("/emergency_stop", {"data": False})
    assert not link.act(np.ones(3)).stopped
    clock.sleep(0.36)  # nobody acts: the guard stops it
    assert not wire.commands()[1][-1].any()
    assert "was heard 0.36" in link.act(np.ones(3)).stopped
    wire.tell("/emergency_stop", {"data": False})
    assert not link.act(np.ones(3)).stopped


@pytest.mark.parametrize(
    ("type_", "stops", "does_not"),
    [
        ("std_msgs/msg/Bool", [{"data": True}, {"data": "no"}, {"data": 0}, {}], [{"data": False}]),
        ("std_msgs/Empty", [{}, {"data": False}], []),
        ("std_msgs/msg/Int8", [{"data": 1}, {"data": -1}, {"data": False}, {"data": None}, {}], [{"data": 0}]),
        ("std_msgs/msg/UInt64", [{"data": 7}], [{"data": 0}]),
    ],
)
def test_stops_of_every_type(timed: Callable[..., Any], type_: str, stops: list[Any], does_not: list[Any]) -> None:
    link, wire, _ = timed(emergency_stop_type=type_, safety={"max_age_s": 60.0, "watchdog_s": 60.0})
    assert wire.types["/emergency_stop"].count("/") == 2
    for message in does_not:
        wire.tell("/emergency_stop", message)
        assert not link.act(np.ones(3)).stopped
    for message in stops:
        link.act(np.ones(3))
        wire.tell("/emergency_stop", message)
        assert not wire.commands()[1][-1].any() and link.act(np.ones(3)).stopped
        link.release()


def test_the_stop_is_subscribed_to_before_anything_may_move(timed: Callable[..., Any]) -> None:
    """A latched value comes with the subscription: the very first wish finds it."""

    class Latched(FakeWire):
        def subscribe(self, topic: str, type_: str, on_message: Any) -> None:
            super().subscribe(topic, type_, on_message)
            if topic == "/emergency_stop":
                assert not self.sent
                on_message({"data": True}, self.clock.now_s())

    _, other, clock = timed()
    wire = Latched(clock)
    link = RobotLink(timed()[0].robot, wire, clock)
    wire.tell("/joint_states", {"name": list(JOINTS), "position": [0.0] * 3})
    assert "told on /emergency_stop" in link.act(np.ones(3)).stopped
    assert not wire.commands()[1].any() and not other.sent


def test_emergency_stop_by_topic_service_and_call(wire: Any, linked: Callable[..., RobotLink]) -> None:
    link = linked()
    for stop in (
        lambda: wire.tell("/emergency_stop", {"data": True}),
        lambda: wire.tell("/emergency_stop", {"data": "yes"}),  # what is not a clear no stops
        lambda: wire.call(link.stop_service, "std_srvs/srv/Trigger", {}),
        link.emergency_stop,
    ):
        link.act(np.ones(3))
        stop()
        assert sent(wire)[-1] == [0.0] * 3  # at once, not at the next command
        wire.tell("/emergency_stop", {"data": False})  # does not release
        assert link.act(np.ones(3)).stopped and sent(wire)[-1] == [0.0] * 3
        wire.call(link.release_service, "std_srvs/srv/Trigger", {})
        assert not link.act(np.ones(3)).stopped


def test_close_leaves_the_robot_at_rest(wire: Any, linked: Callable[..., RobotLink]) -> None:
    link = linked()
    link.act(np.ones(3))
    link.close()
    link.close()
    assert sent(wire) == [[2.0] * 3, [0.0] * 3] and not wire.up


def test_dry_run_sends_nothing(wire: Any, linked: Callable[..., RobotLink]) -> None:
    link = linked(safety={"dry_run": True})
    verdict = link.act(np.ones(3))
    np.testing.assert_array_equal(verdict.command, [2.0] * 3)  # pyright: ignore[reportArgumentType]
    link.rest("test")
    assert sent(wire) == []


def test_fuzzed_actions_never_leave_the_limits(wire: Any, linked: Callable[..., RobotLink]) -> None:
    link = linked(command={"rate_per_s": 50.0}, safety={"max_age_s": 1e6, "watchdog_s": 1e6})
    rng = np.random.default_rng(0)
    bad, last = np.array([np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 3.0]), np.zeros(3)
    for _ in range(2000):
        action = rng.normal(0, 2, 3)
        if rng.random() < 0.2:
            action[rng.integers(3)] = rng.choice(bad)
        verdict = link.act(action)
        broken = [JOINTS[i] for i in np.flatnonzero(~np.isfinite(action))]
        assert all(f"{name} is" in verdict.stopped for name in broken)
        link.release()
        command = np.array(sent(wire)[-1])
        assert np.isfinite(command).all() and (np.abs(command) <= 2).all()
        assert (np.abs(command - last) <= 1.0 + 1e-12).all() or not command.any()
        last = command
    assert len(sent(wire)) == 2000


def test_a_diverged_controller_ends_the_drive_at_rest(wire: Any, linked: Callable[..., RobotLink]) -> None:
    import torch

    from innervate.controllers import Controller, ControllerSpec
    from innervate.launch.ros.session.drive import Driver
    from innervate.signals import Channel

    class Diverging(Controller):
        def forward(self, obs: Any, state: Any) -> Any:
            action = torch.full((1, 3), 0.5)
            if len(sent(wire)) > 2:
                action[0, 1] = torch.nan
            return action, state

    spec = ControllerSpec(observations=(Channel(name="angle", size=3),), action_size=3, control_step_s=0.02)
    link = linked(safety={"max_age_s": 10.0})
    with pytest.raises(NonFiniteError):
        Driver(Diverging(spec), link).run(10)
    assert sent(wire)[-1] == [0.0] * 3 and "knee is nan" in link.layer.latched


def test_wire_errors_in_another_thread_do_not_hide(wire: Any, linked: Callable[..., RobotLink]) -> None:
    link = linked()
    wire.up = False
    assert "lost link" in link.act(np.ones(3)).stopped
    assert link.counts["not sent"] == 1
    wire.up = True
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(link.act(np.ones(3)).stopped)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [""] * 8


def test_a_drive_tells_how_far_it_is(timed: Callable[..., Any]) -> None:
    link, wire, _ = timed()
    link.act(np.ones(3))
    link.act(np.ones(3))
    link.emergency_stop()
    link.release()
    link.act(np.ones(3))
    link.close()
    assert wire.stages == ["unconfigured", "active", "inactive", "active", "inactive", "unconfigured"]
    link, wire, _ = timed()
    link.act(np.full(3, np.nan))
    link.close()
    assert wire.stages == ["unconfigured", "error"]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_reset_whose_answer_was_lost_is_asked_for_again(timed: Callable[..., Any], lost: int) -> None:
    link, wire, _ = timed(reset_service="/reset")
    asked: list[int] = []

    def reset(request: Any) -> dict[str, Any]:
        tell(wire)
        asked.append(len(asked))
        if len(asked) <= lost:
            raise NoAnswerError("/reset did not answer within 10 s.")
        return {"success": True, "message": ""}

    wire.offer("/reset", "std_srvs/srv/Trigger", reset)
    if lost < 3:
        link.reset()
        assert asked == list(range(lost + 1))
    else:
        with pytest.raises(NoAnswerError, match="/reset did not answer"):
            link.reset()
    link.close()
