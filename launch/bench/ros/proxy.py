"""A proxy between a controller and its robot that does to the connection what networks do."""

import random
import socket
import threading
import time
from typing import Literal

Fault = Literal["cut", "stall", "half-open", "delay", "duplicate", "reorder"]
FAULTS: tuple[Fault, ...] = ("cut", "stall", "half-open", "delay", "duplicate", "reorder")


def _exactly(source: socket.socket, n: int) -> bytes:
    data = b""
    while len(data) < n:
        piece = source.recv(n - len(data))
        if not piece:
            raise ConnectionError("closed")
        data += piece
    return data


def read_frame(source: socket.socket) -> tuple[int, bytes]:
    """Opcode and all bytes of the next WebSocket frame (RFC 6455)."""
    head = _exactly(source, 2)
    length, masked = head[1] & 127, head[1] >> 7
    more = _exactly(source, {126: 2, 127: 8}.get(length, 0))
    size = int.from_bytes(more, "big") if more else length
    return head[0] & 15, head + more + _exactly(source, size + 4 * masked)


class Proxy:
    """Forwards WebSocket connections from a port of its own to another, and has one fault at a time."""

    def __init__(self, target: int, seed: int) -> None:
        self.target = target
        self.fault: Fault | None = None
        self._random = random.Random(seed)
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(self, fault: Fault) -> None:
        """Connections suffer from now on."""
        self.fault = fault
        if fault == "cut":
            self._cut()

    def end(self) -> None:
        """Connections are well again; what hung half open stays lost to both."""
        if self.fault == "half-open":
            self._pairs.clear()
        self.fault = None

    def _cut(self) -> None:
        for pair in self._pairs:
            for one in pair:
                one.close()
        self._pairs.clear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self.fault in ("cut", "half-open", "stall"):  # the network is away: nobody is let in
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = (near, far)
            self._pairs.append(pair)
            threading.Thread(target=self._forward, args=(near, far, pair), daemon=True).start()
            threading.Thread(target=self._forward, args=(far, near, pair), daemon=True).start()

    def _forward(
        self, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket]
    ) -> None:
        held: bytes | None = None
        try:
            self._handshake(source, sink)
            while True:
                opcode, frame = read_frame(source)
                fault = self.fault
                while pair not in self._pairs or self.fault in ("stall", "half-open"):
                    if pair not in self._pairs:
                        threading.Event().wait(30)  # neither an answer nor an end
                        return
                    time.sleep(0.002)
                if fault == "delay":
                    time.sleep(self._random.uniform(0.02, 0.3))
                if fault == "reorder" and opcode in (1, 2) and held is None:
                    held = frame
                    continue
                sink.sendall(frame)
                if fault == "duplicate" and opcode in (1, 2):
                    sink.sendall(frame)
                if held is not None:
                    sink.sendall(held)
                    held = None
        except (OSError, ConnectionError):
            for one in (source, sink):
                one.close()

    @staticmethod
    def _handshake(source: socket.socket, sink: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += _exactly(source, 1)
        sink.sendall(head)

    def close(self) -> None:
        """Cut everything."""
        self._listening.close()
        self._cut()
