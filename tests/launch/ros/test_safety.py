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
    return SafetyLayer(limits, SafetyConfig(**config), STEP_S)


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
    one, now, last, running = layer(kind, soft_start_s=soft), 0.0, None, False
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
    equal(held.command, first.command)
    moved = one.command(np.array([2.0, 0.5]), now_s=5.0, position=np.array([-1.0, 0.0]))  # by hand meanwhile
    close(moved.command, [-0.8, 0.08])


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
