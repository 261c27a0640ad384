"""A drive that the system lets run when its time has come."""

import contextlib
import gc
import os
from collections.abc import Generator
from contextlib import contextmanager

from innervate.errors import ConfigError

PRIORITY = 50
"""Of SCHED_FIFO, 1 to 99; ros2_control's own loop takes the same."""


@contextmanager
def real_time() -> Generator[None]:
    """Every thread of this process at real-time priority until the end of the block, those that it starts included.

    Raises:
        ConfigError: the system does not permit it; the message says how it would.
    """
    before = {thread: (os.sched_getscheduler(thread), os.sched_getparam(thread)) for thread in _threads()}
    try:
        for thread in before:
            os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except PermissionError as error:
        raise ConfigError(
            f"This system gives no real-time priority (SCHED_FIFO {PRIORITY}) to this user. Permit it by "
            f"`ulimit -r {PRIORITY}` (rtprio in /etc/security/limits.conf), or drive without --realtime."
        ) from error
    try:
        yield
    finally:
        for thread in _threads():
            with contextlib.suppress(ProcessLookupError):  # ended meanwhile
                os.sched_setscheduler(thread, *before.get(thread, (os.SCHED_OTHER, os.sched_param(0))))


@contextmanager
def no_collection() -> Generator[None]:
    """What is there already is not looked through for garbage.

    With torch loaded a full pass took 0.35 s on a loaded machine: as long as it takes for observations to be too old.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _threads() -> list[int]:
    return [int(name) for name in os.listdir("/proc/self/task")]
