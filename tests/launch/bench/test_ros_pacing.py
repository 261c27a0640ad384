"""The measure of the benchmark of pacing, on times that are given."""

import numpy as np
import pytest

from innervate.launch.bench.ros.pacing import change_a_second


def test_a_change_a_second_adds_up_there_and_back() -> None:
    times = np.arange(11) * 0.03
    assert change_a_second(times, np.full(10, 0.03)) == pytest.approx(1.0)


def test_a_change_that_waited_counts_where_it_came() -> None:
    times = np.arange(11) * 0.03
    times[4] += 0.025  # the next follows at 5 ms
    # From the late one on: five steps that took 25 ms less, for four of them are shorter than the window.
    assert change_a_second(times, np.full(10, 0.03)) == pytest.approx(0.15 / (0.15 - 0.025))


def test_windows_are_not_shorter_than_asked_for() -> None:
    assert change_a_second(np.array([0.0, 0.05]), np.array([1.0])) == 0.0
