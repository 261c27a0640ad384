"""TLS for a client whose one thread reads while others write.

Before Python 3.13 an `ssl.SSLSocket` is not to be used by two threads at once: OpenSSL changes one state for reading
and writing, without a lock. In TLS 1.3 the server's session tickets are read just when the first request is written;
seen were requests without an answer, and segmentation faults. Here the cipher works in memory, under a lock, and only
bytes wait for the network.
"""

import socket
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from innervate.errors import ConfigError

CHUNK_BYTES = 1 << 16


class Context:
    """What `websockets` takes for an `ssl.SSLContext`."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def wrap_socket(self, tcp: socket.socket, server_hostname: str | None = None, **_: Any) -> "TlsSocket":
        """A socket whose handshake is done, within the timeout of `tcp`; raises `ssl.SSLError` and `OSError`."""
        return TlsSocket(tcp, self._context, server_hostname)


class TlsSocket:
    """As much of a socket as `websockets` uses; may be read by one thread and written by others at a time."""

    def __init__(self, tcp: socket.socket, context: ssl.SSLContext, server_hostname: str | None) -> None:
        self._tcp = tcp
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._cipher = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
        self._lock = threading.Lock()
        """Held while the cipher works, never while the network is waited for by the reader."""
        try:
            self._handshake()
        except BaseException:
            tcp.close()
            raise

    def _handshake(self) -> None:
        while not self._shaken():
            data = self._tcp.recv(CHUNK_BYTES)
            if not data:
                raise ssl.SSLEOFError("the connection was closed during the handshake of TLS")
            self._incoming.write(data)

    def _shaken(self) -> bool:
        """One step of the handshake: whether it is done."""
        try:
            self._cipher.do_handshake()
        except ssl.SSLWantReadError:
            return False
        else:
            return True
        finally:
            self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._tcp.sendall(self._outgoing.read())

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes of plain text; empty at the end."""
        while True:
            with self._lock:
                try:
                    return self._cipher.read(size)
                except ssl.SSLWantReadError:
                    self._flush()  # an answer of TLS's own, as to a change of keys
                except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                    return b""
            data = self._tcp.recv(CHUNK_BYTES)
            with self._lock:
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()

    def sendall(self, data: bytes) -> None:
        """All of it; blocks while the network does not take it."""
        view = memoryview(data)
        with self._lock:
            while view:
                view = view[self._cipher.write(view) :]
            self._flush()

    def settimeout(self, seconds: float | None) -> None:
        """For reading and writing from now on."""
        self._tcp.settimeout(seconds)

    def shutdown(self, how: int) -> None:
        """End one direction, or both."""
        self._tcp.shutdown(how)

    def close(self) -> None:
        """Give the socket back."""
        self._tcp.close()

    def fileno(self) -> int:
        """Of the TCP socket; -1 once it is closed."""
        return self._tcp.fileno()

    def setsockopt(self, *option: Any) -> None:
        """Of the TCP socket."""
        self._tcp.setsockopt(*option)

    def getsockname(self) -> Any:
        """This side's address."""
        return self._tcp.getsockname()

    def getpeername(self) -> Any:
        """The other side's address."""
        return self._tcp.getpeername()


def context_for(uri: str, ca: Path | None) -> Context | None:
    """What a connection to `uri` is encrypted with; None for ws://.

    Raises:
        ConfigError: `uri` is no address of a rosbridge, or `ca` no certificate authority.
    """
    parts = urlsplit(uri)
    try:
        good = parts.scheme in ("ws", "wss") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        good = False
    if not good:
        raise ConfigError(f"A rosbridge is at ws://HOST:PORT or wss://HOST:PORT, not at {uri!r}.")
    if parts.scheme == "ws":
        return None
    try:
        return Context(ssl.create_default_context(cafile=None if ca is None else str(ca)))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"The certificate authority {ca} cannot be read: {error}.") from error
