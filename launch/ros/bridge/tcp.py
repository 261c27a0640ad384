"""Small frames without the waits that TCP puts between them; for sockets, and for what asyncio gives for one."""

import contextlib
import socket
from typing import Any


def without_delay(tcp: Any) -> None:
    """Send each frame at once (no Nagle)."""
    with contextlib.suppress(OSError, AttributeError):  # gone, or no TCP
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def acknowledge(tcp: Any) -> None:
    """Acknowledge at once what has come: a peer with Nagle's algorithm waits 40 ms for it. Holds for one turn only."""
    with contextlib.suppress(OSError, AttributeError):  # gone; or no Linux
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
