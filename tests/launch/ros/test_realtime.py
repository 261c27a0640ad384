"""Real-time priority for the time of a drive, for all of its threads; or a sentence."""

import gc
import os
from typing import Any

import pytest

from innervate.errors import ConfigError
from innervate.launch.ros.session.realtime import PRIORITY, no_collection, real_time


def test_every_thread_gets_it_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int, int]] = []

    def note(thread: int, policy: int, parameter: Any) -> None:
        given.append((thread, policy, parameter.sched_priority))

    monkeypatch.setattr(os, "sched_setscheduler", note)
    threads = {int(name) for name in os.listdir("/proc/self/task")}
    with real_time():
        assert threads <= {thread for thread, policy, at in given if (policy, at) == (os.SCHED_FIFO, PRIORITY)}
        given.clear()
    assert threads <= {thread for thread, _, _ in given}
    assert all(policy == os.sched_getscheduler(thread) for thread, policy, _ in given if thread in threads)


def test_without_permission_it_says_how_it_is_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    with pytest.raises(ConfigError, match=r"ulimit -r 50.*without --realtime"), real_time():
        raise AssertionError("not reached")


def test_what_was_there_is_not_collected_meanwhile() -> None:
    with no_collection():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
