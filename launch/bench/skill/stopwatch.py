"""Seconds of this process that are spent on training, and not on looking at it."""

import time
from collections.abc import Generator
from contextlib import contextmanager


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._began = time.process_time(), time.perf_counter()
        self._off = 0.0, 0.0

    def read(self) -> tuple[float, float]:
        """CPU-seconds of all threads, and wall seconds."""
        cpu, wall = time.process_time() - self._began[0], time.perf_counter() - self._began[1]
        return cpu - self._off[0], wall - self._off[1]

    @contextmanager
    def stopped(self) -> Generator[None]:
        """What happens meanwhile is not counted."""
        at = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            off = time.process_time() - at[0], time.perf_counter() - at[1]
            self._off = self._off[0] + off[0], self._off[1] + off[1]
