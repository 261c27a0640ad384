"""Between controller and wire: the robot is told to rest whenever it should be, by whoever notices first."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from innervate.errors import NonFiniteError
from innervate.launch.ros.link import RobotLink
from innervate.launch.ros.robot_file import Robot

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


def test_old_observations_stop_until_newer_come(wire: Any, linked: Callable[..., RobotLink]) -> None:
    link = linked(safety={"max_age_s": 1.0, "watchdog_s": 60.0})
    assert not link.act(np.ones(3)).stopped
    time.sleep(1.05)
    assert "angle is" in link.act(np.ones(3)).stopped
    tell(wire)
    assert not link.act(np.ones(3)).stopped
    assert [any(c) for c in sent(wire)] == [True, False, True]


def test_a_controller_that_hangs_is_stopped(wire: Any, linked: Callable[..., RobotLink]) -> None:
    link = linked(safety={"watchdog_s": 0.1, "max_age_s": 10.0})
    link.act(np.ones(3))
    began = time.monotonic()
    while len(sent(wire)) < 2:
        assert time.monotonic() - began < 5
        time.sleep(0.001)
    assert sent(wire)[-1] == [0.0] * 3
    assert link.counts["watchdog"] == 1


def test_emergency_stop_by_topic_service_and_call(wire: Any, linked: Callable[..., RobotLink]) -> None:
    link = linked()
    for stop in (
        lambda: wire.tell("/emergency_stop", {"data": True}),
        lambda: wire.tell("/emergency_stop", {"data": "yes"}),  # what is not a clear no stops
        lambda: wire.call("/innervate/emergency_stop", "std_srvs/srv/Trigger", {}),
        link.emergency_stop,
    ):
        link.act(np.ones(3))
        stop()
        assert sent(wire)[-1] == [0.0] * 3  # at once, not at the next command
        wire.tell("/emergency_stop", {"data": False})  # does not release
        assert link.act(np.ones(3)).stopped and sent(wire)[-1] == [0.0] * 3
        wire.call("/innervate/release", "std_srvs/srv/Trigger", {})
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

    from innervate.controllers import Controller, ControllerSpec, Port
    from innervate.launch.ros.drive import Driver

    class Diverging(Controller):
        def forward(self, obs: Any, state: Any) -> Any:
            action = torch.full((1, 3), 0.5)
            if len(sent(wire)) > 2:
                action[0, 1] = torch.nan
            return action, state

    spec = ControllerSpec(observations=(Port(name="angle", size=3),), action_size=3, control_step_s=0.02)
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
