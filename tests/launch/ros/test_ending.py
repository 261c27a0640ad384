"""Every way in which a drive may be told to end: once, and never between the robot and its rest."""

import os
import signal
from collections.abc import Iterator

import pytest

from innervate.launch.ros.session.ending import GRACE_S, SIGNALS, Ending

from .fake import SimulatedClock


class Told:
    """What an ending said."""

    def __init__(self) -> None:
        self.clock, self.why = SimulatedClock(), list[str]()
        self.ending = Ending(self.why.append, self.clock)


@pytest.fixture
def told() -> Iterator[Told]:
    """Under a shell's background or nohup some would be ignored, as they then should be: here all are as usual."""
    usual = {number: signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL for number in SIGNALS}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    one = Told()
    yield one
    one.ending.close()
    assert {number: signal.getsignal(number) for number in SIGNALS} == usual
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_once_however_often_it_comes_in_a_row(told: Told, number: signal.Signals) -> None:
    for _ in range(3):  # the terminal's own, its shell's, and one more
        os.kill(os.getpid(), number)
    assert told.why == [number.name]


def test_a_later_one_breaks_what_hangs_but_not_the_rest(told: Told) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    told.clock.sleep(GRACE_S + 0.1)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    told.ending.closing()
    signal.raise_signal(signal.SIGINT)
    assert told.why == ["SIGTERM"]


def test_a_lost_parent_stops(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.clock.sleep(5.0)
    assert told.why == []
    monkeypatch.setattr(os, "getppid", lambda: -1)  # no process has it
    told.clock.sleep(0.25)
    assert told.why == ["the parent process is gone"]
    told.clock.sleep(5.0)
    assert len(told.why) == 1


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        why: list[str] = []
        ending = Ending(why.append, SimulatedClock())
        os.kill(os.getpid(), signal.SIGHUP)
        assert why == []
        ending.close()
    finally:
        signal.signal(signal.SIGHUP, before)
