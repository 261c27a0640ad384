"""Every way in which a drive is told to end, made into one call: whoever drives rests first."""

import contextlib
import os
import signal
from collections.abc import Callable
from types import FrameType

from innervate.launch.ros.clock import REAL, Clock

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_S = 2.0
"""A second signal sooner than this is part of the first: a terminal that closes sends two."""
PARENT_S = 0.2
"""Between two looks whether the parent is there."""


class Ending:
    """Calls `stop` at SIGINT, SIGTERM and SIGHUP, and when the parent process is gone.

    A signal that comes long after the first raises `KeyboardInterrupt` in the main thread, for what does not end by
    itself; one that was ignored when this began (as nohup has SIGHUP) stays ignored. To be made in the main thread.
    """

    def __init__(self, stop: Callable[[str], None], clock: Clock = REAL) -> None:
        self._stop, self._clock = stop, clock
        self._told_s: float | None = None
        self._over = False
        self._parent = os.getppid()
        self._before = {number: signal.getsignal(number) for number in SIGNALS}
        for number, before in self._before.items():
            if before is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        self._end_look = clock.every(PARENT_S, self._look, "parent-watch")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = self._clock.now_s()
        if self._told_s is None:
            self._told_s = now
            self._stop(signal.Signals(number).name)
        elif now - self._told_s > GRACE_S and not self._over:
            raise KeyboardInterrupt

    def _look(self) -> None:
        if os.getppid() != self._parent and self._told_s is None:
            self._told_s = self._clock.now_s()
            self._stop("the parent process is gone")

    def closing(self) -> None:
        """From now on nothing may come between: the robot is being told to rest."""
        self._over = True

    def close(self) -> None:
        """As before."""
        self._end_look()
        for number, before in self._before.items():
            with contextlib.suppress(ValueError, TypeError):  # not in the main thread; a handler that is not Python's
                signal.signal(number, before)
