"""No command leaves the safety layer that is not finite, within limits, slow enough and fresh, whatever is wished."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innervate.errors import ConfigError
from innervate.launch.ros.safety import Kind, Limits, SafetyConfig, SafetyLayer, Watchdog

close: Any = np.testing.assert_allclose
equal: Any = np.testing.assert_array_equal

STEP_S = 0.02
JOINTS = ("hip", "knee")
anything = st.floats(allow_nan=True, allow_infinity=True)
sane = st.floats(-1e3, 1e3)


def layer(kind: Kind = "velocity", **config: Any) -> SafetyLayer:
    travel = ((-1.0, 1.0), (-1.0, 1.0)) if kind != "position" else ()
    limits = Limits(joints=JOINTS, kind=kind, low=(-2.0, -0.5), high=(2.0, 0.5), rate_per_s=(10.0, 4.0), travel=travel)
    exact: dict[str, Any] = {"jitter_s": 0.0, **config}
    return SafetyLayer(limits, SafetyConfig(**exact), STEP_S)


@st.composite
def days(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """What may happen to a robot in a row."""
    event = st.one_of(
        st.tuples(st.just("wish"), st.tuples(anything, anything)),
        st.tuples(st.just("wish"), st.tuples(sane, sane)),
        st.tuples(st.just("old"), st.tuples(sane, sane)),
        st.tuples(st.just("emergency"), st.none()),
        st.tuples(st.just("release"), st.none()),
        st.tuples(st.just("late"), st.floats(0, 1e6)),
    )
    return draw(st.lists(event, max_size=40))


@settings(max_examples=150, deadline=None)
@given(
    events=days(), kind=st.sampled_from(["position", "velocity", "effort"]),
    positions=st.lists(st.tuples(sane, sane), min_size=40, max_size=40), soft=st.sampled_from([0.0, 0.1, 1.0]),
)  # fmt: skip
def test_whatever_happens(events: list[tuple[str, Any]], kind: Kind, positions: list[Any], soft: float) -> None:
    one, now, last, running, moving = layer(kind, soft_start_s=soft), 0.0, None, False, False
    for (what, value), where in zip(events, positions, strict=False):
        now += STEP_S
        position = np.array(where)
        if what == "release":
            one.release()
            running = False
            continue
        if what == "emergency":
            one.emergency_stop("test")
            continue
        if what == "late":
            now += value
            continue
        wish = np.array(value)
        verdict = one.command(wish, now_s=now, stale="old" if what == "old" else "", position=position)
        command = verdict.command
        assert command is not None
        assert np.isfinite(command).all()
        assert (command >= one.low).all() and (command <= one.high).all()
        if not np.isfinite(wish).all():
            assert one.latched
        if verdict.stopped:
            if kind != "position":
                assert not command.any()
            elif moving:  # it stops where it is
                equal(command, np.clip(position, one.low, one.high))
            elif last is not None:
                equal(command, last)
        elif last is not None and running:
            if kind == "position":
                assert (np.abs(command - last) <= one.step + 1e-12).all()
            else:
                pushing = ((position <= -1) & (command < 0)) | ((position >= 1) & (command > 0))
                assert not pushing.any()
                assert ((np.abs(command - last) <= one.step + 1e-12) | (command == 0)).all()
        assert bool(verdict.stopped) == (bool(one.latched) or what == "old")
        last, running = command, not verdict.stopped
        moving = running


def test_non_finite_wish_names_the_joint_and_latches() -> None:
    one = layer()
    verdict = one.command(np.array([1.0, math.nan]), now_s=0.0)
    assert "knee is nan" in verdict.stopped and "hip" not in verdict.stopped
    assert verdict.command is not None and not verdict.command.any()
    assert one.command(np.zeros(2), now_s=1.0).stopped
    one.release()
    assert not one.command(np.zeros(2), now_s=2.0).stopped


def test_soft_start_grows_linearly_and_begins_again_after_a_stop() -> None:
    one = layer("effort", soft_start_s=1.0)
    one.step[:] = math.inf
    wish = np.array([2.0, 0.5])
    for seconds in (0.0, 0.25, 0.5, 1.0, 3.0):
        verdict = one.command(wish, now_s=10 + seconds)
        close(verdict.command, wish * min(1.0, seconds))
    one.command(wish, now_s=14.0, stale="old")
    verdict = one.command(wish, now_s=20.0)
    assert verdict.command is not None and not verdict.command.any()


def test_positions_hold_where_they_are_and_start_from_where_the_joints_are() -> None:
    one = layer("position", soft_start_s=0.0)
    assert one.command(np.zeros(2), now_s=0.0).command is None  # nothing is known: nothing is said
    first = one.command(np.array([2.0, 0.5]), now_s=0.02, position=np.array([1.0, 0.1]))
    close(first.command, [1.2, 0.18])
    held = one.stop("test", np.array([1.1, 0.0]))
    equal(held.command, [1.1, 0.0])
    sunk = one.stop("test", np.array([1.0, -0.1]))  # under its weight: it is held, not followed down
    equal(sunk.command, [1.1, 0.0])
    moved = one.command(np.array([2.0, 0.5]), now_s=5.0, position=np.array([-1.0, 0.0]))  # by hand meanwhile
    close(moved.command, [-0.8, 0.08])
    equal(one.stop("beyond its limits", np.array([-3.0, 9.0])).command, [-2.0, 0.5])


def test_a_target_is_held_where_the_robot_file_says_so() -> None:
    one = layer("position", soft_start_s=0.0, hold="target")
    first = one.command(np.array([2.0, 0.5]), now_s=0.02, position=np.array([1.0, 0.1]))
    equal(one.stop("test", np.array([0.9, 0.0])).command, first.command)
    on = one.command(np.array([2.0, 0.5]), now_s=0.04, position=np.array([0.9, 0.0]))
    close(on.command, np.add(np.asarray(first.command), [0.2, 0.08]))  # from the target on


def test_a_rest_that_no_measurement_is_known_for_is_the_last_target() -> None:
    one = layer("position", soft_start_s=0.0)
    first = one.command(np.array([2.0, 0.5]), now_s=0.02, position=np.array([1.0, 0.1]))
    equal(one.stop("test", None).command, first.command)
    other = layer("position", soft_start_s=0.0)
    assert other.stop("test", np.array([math.nan, 0.0])).command is None


@pytest.mark.parametrize("kind", ["position", "velocity", "effort"])
@pytest.mark.parametrize("soft_s", [0.0, 0.5])
@pytest.mark.parametrize("hz", [7.0, 50.0, 300.0, 1000.0])
def test_limits_are_by_time_however_often_it_is_asked(hz: float, soft_s: float, kind: Kind) -> None:
    one = layer(kind, soft_start_s=soft_s)
    times = np.arange(int(1.6 * hz)) / hz  # there, back, and there
    told = np.array([
        one.command(np.array([2.0, 0.5]) * (1 if t % 1 < 0.5 else -1), now_s=5 + t, position=np.zeros(2)).command
        for t in times
    ])  # fmt: skip
    for first in range(0, len(times), max(1, len(times) // 60)):
        for window_s in (0.05, 0.2, 1.0):
            last = int(np.searchsorted(times, times[first] + window_s - 1e-9))
            if last < len(times):
                change = np.abs(told[last] - told[first])
                assert (change <= np.array([10.0, 4.0]) * (times[last] - times[first]) + 1e-9).all()
    if soft_s:
        grown = np.abs(told[times < soft_s]) <= np.outer(times[times < soft_s] / soft_s, [2.0, 0.5]) + 1e-9
        assert grown.all()


def test_limits_count_the_time_since_the_last_command_was_out_less_the_jitter() -> None:
    one = layer("velocity", soft_start_s=0.0, jitter_s=0.002)
    wish = np.array([2.0, 0.5])
    one.command(wish, now_s=5.0)
    one.was_sent(5.004)  # computed at 5.0, on the wire by then
    close(one.command(wish, now_s=5.02).command, np.array([0.2, 0.08]) + np.array([10.0, 4.0]) * 0.014)
    coarse = layer("velocity", soft_start_s=0.0, jitter_s=1.0)  # at most a quarter of the control step
    coarse.command(wish, now_s=5.0)
    close(coarse.command(wish, now_s=5.02).command, np.array([0.2, 0.08]) + np.array([10.0, 4.0]) * 0.015)


def test_a_command_that_did_not_go_out_does_not_count() -> None:
    one = layer("velocity", soft_start_s=0.0)
    for i in range(1, 6):
        verdict = one.command(np.array([2.0, 0.5]), now_s=i * STEP_S)
        close(verdict.command, [0.2, 0.08])  # the robot still has nothing: one step from rest, not five
        one.not_sent()
    one.command(np.array([2.0, 0.5]), now_s=1.0)
    close(one.command(np.array([2.0, 0.5]), now_s=1.0).command, [0.2, 0.08])  # no time, no change
    close(one.command(np.array([2.0, 0.5]), now_s=0.5).command, [0.2, 0.08])  # a clock that was set back


def test_end_of_travel_stops_pushing_at_once_but_lets_go_back() -> None:
    one = layer("velocity", soft_start_s=0.0)
    for i in range(20):
        one.command(np.array([2.0, 0.0]), now_s=i * STEP_S, position=np.zeros(2))
    verdict = one.command(np.array([2.0, 0.0]), now_s=1.0, position=np.array([1.0, 0.0]))
    assert verdict.command is not None and verdict.command[0] == 0.0
    assert verdict.changes == ("end of travel: hip",)
    back = one.command(np.array([-1.0, 0.0]), now_s=1.02, position=np.array([1.0, 0.0]))
    assert back.command is not None and back.command[0] == pytest.approx(-0.2)


def test_ages() -> None:
    one = layer(max_age_s=0.2, max_stamp_age_s=0.5)
    assert one.stale({"a": 0.2, "b": 0.0}, {"a": 0.5}) == ""
    assert "a is 0.201 s old" in one.stale({"a": 0.201})
    assert "never came" in one.stale({"a": math.inf})
    assert one.stale({"a": math.nan})
    assert "stamp of a" in one.stale({"a": 0.0}, {"a": -0.6})  # a clock that runs ahead is no better


@given(times=st.lists(st.floats(0, 10), min_size=1), timeout=st.floats(0.01, 1))
def test_watchdog(times: list[float], timeout: float) -> None:
    dog = Watchdog(timeout)
    assert dog.expired(0.0)
    for t in sorted(times):
        dog.feed(t)
    assert not dog.expired(max(times)) and dog.expired(max(times) + timeout * 1.001)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": (1.0, -1.0)}, "could not be stopped"),
        ({"high": (math.inf, 1.0)}, "must be finite"),
        ({"rate_per_s": (0.0, 1.0)}, "above 0"),
        ({"low": (-1.0,)}, "one number for each"),
    ],
)
def test_impossible_limits(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"joints": JOINTS, "kind": "velocity", "low": (-1.0, -1.0), "high": (1.0, 1.0),
                            "rate_per_s": (1.0, 1.0)}  # fmt: skip
    with pytest.raises(ConfigError, match=message):
        Limits(**{**good, **change})
