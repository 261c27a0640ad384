"""Limits are by time, never by tick: whatever the rate of the states, the commands, and the clock that is late."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from innervate.launch.ros.robot_file import Observation, Robot
from innervate.launch.ros.session.drive import Driver
from innervate.launch.ros.session.environment import RosEnv
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.session.pace import Pace

from .fake import Constant, FakeRobot, FakeWire, SimulatedClock

JOINTS = ("hip", "knee", "ankle")
POSITION = Observation(
    name="measured", topic="/joint_states", type="sensor_msgs/msg/JointState", field="position", joints=JOINTS
)
Setup = Callable[..., tuple[RobotLink, FakeWire, FakeRobot]]


@pytest.fixture
def setup(robot: Callable[..., Robot]) -> Setup:
    def make(hz: float = 100.0, jitter: Callable[[], float] = lambda: 0.0, **options: Any) -> Any:
        clock = SimulatedClock()
        wire = FakeWire(clock)
        kind = options.get("command", {}).get("kind", "velocity")
        fake = FakeRobot(wire, JOINTS, hz, kind=kind, jitter=jitter)
        if kind == "position":
            options["position"] = POSITION
        return RobotLink(robot(**options), wire, clock), wire, fake

    return make


def wave(n: int) -> float:
    """One way for 40 control steps, the other way for 40."""
    return 1.0 if (n // 40) % 2 == 0 else -1.0


def largest_change(times: np.ndarray, values: np.ndarray, window_s: float) -> float:
    """In a second, over all windows of at least that length."""
    ends = np.searchsorted(times, times + window_s - 1e-9)
    found = [
        float(np.abs(values[j] - values[i]).max() / (times[j] - times[i])) for i, j in enumerate(ends) if j < len(times)
    ]
    return max(found)


def most_in(times: np.ndarray, window_s: float) -> int:
    """Commands in any window of that length."""
    return int((np.searchsorted(times, times + window_s) - np.arange(len(times))).max())


@pytest.mark.parametrize("pace", ["state", "clock"])
@pytest.mark.parametrize("kind", ["velocity", "position"])
@pytest.mark.parametrize("hz", [20.0, 33.0, 50.0, 300.0, 500.0, 1000.0])
def test_commands_and_their_change_a_second(setup: Setup, hz: float, kind: str, pace: str) -> None:
    rng = np.random.default_rng(0)
    link, wire, _ = setup(
        hz, lambda: float(rng.uniform(0, 0.2 / hz)), pace=pace, control_step_s=0.03,
        command={"kind": kind, "rate_per_s": 1.0, "low": -1.0, "high": 1.0},
    )  # fmt: skip
    link.first_observation(5.0)
    Driver(Constant(wave, 0.03, 3, {"angle": 3}), link).run(steps=100)  # there, back, and there
    times, values = wire.commands()
    assert len(times) == 100
    assert most_in(times, 1.0) <= 35  # one a control step, and the one that the window begins with
    assert largest_change(times, values, 0.1) <= 1.0 + 1e-9
    if hz >= 33:
        assert len(times) / (times[-1] - times[0]) > 0.95 * min(hz, 1 / 0.03)  # nor slower than it should


@pytest.mark.parametrize("pace", ["state", "clock"])
@pytest.mark.parametrize("step_s", [0.01, 0.03])
def test_no_rate_is_passed_where_the_robot_is(setup: Setup, step_s: float, pace: str) -> None:
    """By the receiver's clock, over any window, though sending takes its time and the way is not always as long."""
    rng = np.random.default_rng(0)
    link, wire, _ = setup(
        300.0, pace=pace, control_step_s=step_s, safety={"jitter_s": 0.002},
        command={"rate_per_s": 1.0, "low": -1.0, "high": 1.0},
    )  # fmt: skip
    came: list[tuple[float, float]] = []
    send = wire.publish

    def publish(topic: str, message: Any) -> bool:
        waits_s = float(rng.choice([0.0, 0.004, 0.012], p=[0.8, 0.15, 0.05]))  # the processor was somebody else's
        before_s = float(rng.uniform(0, waits_s))
        link.clock.sleep(before_s)
        if topic == "/cmd":
            came.append((link.clock.now_s() + float(rng.uniform(0, 0.002)), message["data"][0]))
        sent = send(topic, message)
        link.clock.sleep(waits_s - before_s)
        return sent

    wire.publish = publish  # type: ignore[method-assign]
    link.first_observation(5.0)
    Driver(Constant(wave, step_s, 3, {"angle": 3}), link).run(steps=200)
    times, values = np.array(came).T
    assert len(times) >= 200 and (np.diff(times) > 0).all()
    moved, passed_s = np.abs(values[:, None] - values), np.abs(times[:, None] - times)
    assert (moved <= passed_s + 1e-9).all()
    assert moved.max() > 0.3  # and goes about as far as it may


def test_the_controller_runs_at_its_own_step_and_reads_the_newest(setup: Setup) -> None:
    link, wire, _ = setup(1000.0, pace="state", control_step_s=0.03)
    link.first_observation(5.0)
    driver = Driver(Constant(wave, 0.03, 3, {"angle": 3}), link)
    result = driver.run(steps=100)
    times, _ = wire.commands()
    np.testing.assert_allclose(np.diff(times), 0.03, atol=1e-9)
    assert max(result.ages_s) <= 0.001 + 1e-6


def test_states_once_a_step_are_answered_when_they_come(setup: Setup) -> None:
    """At one state a control step, a late one does not make all that follow wait."""
    rng = np.random.default_rng(1)
    link, _, _ = setup(100.0, lambda: float(0.006 * (rng.random() < 0.03)), pace="state", control_step_s=0.01)
    link.first_observation(5.0)
    driver = Driver(Constant(wave, 0.01, 3, {"angle": 3}), link)
    ages = np.array(driver.run(steps=1000).ages_s)
    assert np.median(ages) < 1e-3 and np.percentile(ages, 99) < 0.006


def test_an_environment_stepped_early_waits(robot: Callable[..., Robot]) -> None:
    for pace in ("clock", "state"):
        clock = SimulatedClock()
        wire = FakeWire(clock)
        FakeRobot(wire, JOINTS, 500.0, kind="velocity")
        env = RosEnv(robot(control_step_s=0.03, pace=pace, command={"rate_per_s": 1.0}), wire=wire, clock=clock)
        env.reset()
        for n in range(100):
            env.step(np.full(3, wave(n)))
        times, values = wire.commands()
        assert np.diff(times).min() >= 0.026 and largest_change(times, values, 0.1) <= 1.0 + 1e-9
        env.close()


def test_a_pace_keeps_its_average_and_never_bunches() -> None:
    pace, now, times = Pace(0.01), 0.0, []
    rng = np.random.default_rng(0)
    for n in range(2000):
        now = max(now, pace.due_s) + float(rng.choice([0.0, 0.0005, 0.02], p=[0.5, 0.48, 0.02]))
        pace.taken(now)
        times.append(now)
        assert n == 0 or times[-1] - times[-2] >= 0.009 - 1e-12
    late = np.array(times) - (times[0] + 0.01 * np.arange(2000))
    assert (np.diff(late) >= -0.001 - 1e-12).all() and late[-1] > 0  # what is missed is not made up for


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_a_controller_that_takes_its_time_keeps_its_rate(setup: Setup, share: float) -> None:
    link, wire, _ = setup(300.0, control_step_s=0.01)
    link.first_observation(5.0)
    rng = np.random.default_rng(0)

    def slow(n: int) -> float:
        link.clock.sleep(0.01 * (share + float(rng.uniform(0, 0.05))) + (0.3 if n == 100 else 0.0))
        return 1.0

    Driver(Constant(slow, 0.01, 3, {"angle": 3}), link).run(steps=200)
    times, _ = wire.commands()
    gaps = np.diff(times)
    assert np.median(gaps) == pytest.approx(0.01, rel=0.02) and gaps.min() >= 0.005
    link.close()


def test_a_clock_that_is_set_back_does_not_stop_the_drive() -> None:
    pace = Pace(0.01)
    pace.taken(1000.0)
    assert 0 < pace.left_s(1000.0) <= 0.01
    assert pace.left_s(3.0) == 0.0


@pytest.mark.parametrize("hold", ["measured", "target"])
@pytest.mark.parametrize("way", ["stop", "stale", "close", "watchdog", "end"])
def test_rest_is_where_the_joint_is(setup: Setup, way: str, hold: str) -> None:
    link, wire, fake = setup(
        100.0, control_step_s=0.03, command={"kind": "position", "low": -1.5, "high": 1.5},
        safety={"soft_start_s": 1.0, "hold": hold},
    )  # fmt: skip
    link.first_observation(5.0)
    driver = Driver(Constant(lambda n: 1.0, 0.03, 3, {"angle": 3}), link)
    driver.run(steps=43)
    fake.move()
    at_stop = float(fake.q[0])
    assert wire.commands()[1][-1][0] - at_stop > 0.6  # it lags far behind its command
    if way == "stale":
        fake.silent = True
    if way == "stop":
        link.emergency_stop()
    if way in ("stop", "stale"):
        driver.run(steps=driver.result.ticks + 60)
    elif way == "watchdog":
        link.clock.sleep(2.0)
    else:
        link.close()
        link.clock.sleep(2.0)
    link.clock.sleep(3.0)
    fake.move()
    # At most what it moves until the loss is seen, and one control step.
    seen_s = {"stale": 0.25, "watchdog": 0.55}.get(way, 0.0)
    travel = float(fake.q[0]) - at_stop
    if hold == "measured":
        assert travel <= (seen_s + 0.03) * fake.speed_per_s + 1e-9
    else:
        assert travel > 0.5  # the whole error, which the robot file asked for
    assert (np.abs(wire.commands()[1]) <= 1.5).all()
    link.close()


def test_a_rest_that_could_not_be_sent_is_sent_as_soon_as_it_can_be(setup: Setup) -> None:
    link, wire, _ = setup(100.0)
    link.first_observation(5.0)
    link.act(np.ones(3))
    wire.takes = False
    link.emergency_stop()
    assert wire.commands()[1][-1].any()
    wire.takes = True
    link.clock.sleep(0.06)
    assert not wire.commands()[1][-1].any()
    link.close()


def test_nothing_moves_after_the_end(setup: Setup) -> None:
    link, wire, _ = setup(100.0)
    link.first_observation(5.0)
    link.act(np.ones(3))
    link.close()
    wire.up = True
    assert link.act(np.ones(3)).stopped == "closed" and not wire.commands()[1][-1].any()
