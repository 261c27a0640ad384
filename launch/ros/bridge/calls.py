"""Services that clients offer and other clients call, through the broker."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

C = TypeVar("C")
Answer = Callable[[C, str, Any, bool, Any], None]
"""Client, service as it was asked for, id of its call, whether it succeeded, values."""


@dataclass(frozen=True)
class Call(Generic[C]):
    """One that is under way."""

    provider: C
    caller: C
    id: Any
    service: str
    begun_s: float


class Calls(Generic[C]):
    """Calls under way; each is answered once: by its provider, by its leaving, or by time."""

    def __init__(self, answer: Answer[C], timeout_s: float, room: int = 256) -> None:
        self._answer, self.timeout_s, self._room = answer, timeout_s, room
        self._open: dict[str, Call[C]] = {}
        self._number = 0

    def begin(self, call: Call[C]) -> str | None:
        """The key under which the provider answers; None if too many are under way."""
        if len(self._open) >= self._room:
            return None
        self._number += 1
        key = f"call:{self._number}"
        self._open[key] = call
        return key

    def answered(self, provider: C, key: str, good: bool, values: Any) -> bool:
        """Pass an answer on; False if nobody waits for it."""
        call = self._open.get(key)
        if call is None or call.provider is not provider:
            return False
        del self._open[key]
        self._answer(call.caller, call.service, call.id, good, values)
        return True

    def leave(self, client: C) -> None:
        """A client is gone: what it was asked fails, what it asked is forgotten."""
        self._fail(lambda call: client in (call.provider, call.caller), "The client that offered {} has left.", client)

    def withdraw(self, provider: C, service: str) -> None:
        """A client offers a service no more."""
        self._fail(lambda call: call.provider is provider and call.service == service, "{} is offered no more.")

    def expire(self, now_s: float) -> None:
        """Fail what has waited for too long."""
        late = f"{{}} was not answered within {self.timeout_s:g} s."
        self._fail(lambda call: now_s - call.begun_s > self.timeout_s, late)

    def _fail(self, which: Callable[[Call[C]], bool], text: str, gone: C | None = None) -> None:
        for key, call in list(self._open.items()):
            if which(call):
                del self._open[key]
                if call.caller is not gone:
                    self._answer(call.caller, call.service, call.id, False, text.format(call.service))
