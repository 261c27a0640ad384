"""Who may do what, and how often."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


class RateLimit:
    """A bucket of tokens: `rate_hz` on average, and as many at once as come in `burst_s`."""

    def __init__(self, rate_hz: float, burst_s: float = 0.25) -> None:
        self.rate_hz = rate_hz
        self._size = max(1.0, rate_hz * burst_s)
        self._tokens, self._seen_s = self._size, 0.0

    def allows(self, now_s: float) -> bool:
        """Whether one more may pass now; if so it is counted."""
        self._tokens = min(self._size, self._tokens + max(0.0, now_s - self._seen_s) * self.rate_hz)
        self._seen_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What strangers may do at the embedded server; names are glob patterns."""

    publish: Sequence[str] = ("*",)
    subscribe: Sequence[str] = ("*",)
    services: Sequence[str] = ("*",)
    """Services that may be called."""
    offer: Sequence[str] = ("/innervate/*",)
    """Services that strangers may answer themselves; those of `innervate ros drive` by default."""
    messages_per_s: float = 4000.0
    """Of one client; what comes faster is dropped and counted."""
    names: int = 256
    """Topics and services that one client may be concerned with."""
    clients: int = 32
    goals: int = 16
    """Of actions, under way at a time, of one client."""
    call_timeout_s: float = 10.0
    """For a client to answer a service that it offers."""


def permitted(name: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns matches."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
