"""Time as an argument of everything that waits: this computer's clock, or one that a test moves by hand."""

import threading
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """What the bridge asks of time."""

    def now_s(self) -> float:
        """Monotonic; limits, ages and watchdogs go by it."""
        ...

    def wall_s(self) -> float:
        """Since 1970; header stamps are compared with it."""
        ...

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long; zero and less return at once."""
        ...

    def wait_for(self, news: threading.Condition, ready: Callable[[], bool], timeout_s: float) -> bool:
        """Until `ready`, looked at whenever there is news; False if that did not come in time. Holds `news`."""
        ...

    def every(self, period_s: float, act: Callable[[], None], name: str) -> Callable[[], None]:
        """Call `act` again and again beside everything else; what is returned ends that, and waits for the end."""
        ...


class RealClock:
    """This computer's."""

    def now_s(self) -> float:
        """`time.monotonic`."""
        return time.monotonic()

    def wall_s(self) -> float:
        """`time.time`."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """`time.sleep`."""
        if seconds > 0:
            time.sleep(seconds)

    def wait_for(self, news: threading.Condition, ready: Callable[[], bool], timeout_s: float) -> bool:
        """Of the condition itself."""
        return news.wait_for(ready, timeout_s)

    def every(self, period_s: float, act: Callable[[], None], name: str) -> Callable[[], None]:
        """A thread of that name."""
        quit_ = threading.Event()

        def run() -> None:
            while not quit_.wait(period_s):
                act()

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()

        def end() -> None:
            quit_.set()
            if threading.current_thread() is not thread:
                thread.join()

        return end


REAL = RealClock()
