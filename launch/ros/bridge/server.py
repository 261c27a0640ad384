"""The embedded rosbridge server: roslibpy, roslib.js and colleagues' scripts connect with no ROS installed at all."""

import asyncio
import contextlib
import logging
import re
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from innervate.errors import ConfigError, InnervateError, MissingExtraError
from innervate.launch.ros.bridge import rosapi
from innervate.launch.ros.bridge.actions import OnGoal
from innervate.launch.ros.bridge.broker import Broker, Reply
from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.frames import DEFAULT_LIMITS, FrameLimits
from innervate.launch.ros.bridge.limits import Policy
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.tcp import acknowledge
from innervate.launch.ros.bridge.wire import Handler, OnMessage, answered

try:
    from websockets.asyncio.server import ServerConnection, serve
    from websockets.exceptions import ConnectionClosed
except ModuleNotFoundError as error:
    raise MissingExtraError("websockets", "ros") from error

EXPIRE_S = 1.0
"""Between two looks for calls that nobody answers."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
LOCAL_ORIGINS = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Where the server listens, and for whom."""

    bind: str = "127.0.0.1"
    """Address; another one than loopback lets every machine that reaches it command the robot."""
    port: int = 9090
    """0 for any free one."""
    certificate: Path | None = None
    key: Path | None = None
    """PEM files; with them the server speaks wss://."""
    origins: Sequence[str] = ()
    """Further web origins whose pages may connect; pages of this machine may, programs are not asked."""


class _Outbox:
    """Frames on their way to one client: of each part of a topic only the newest waits, the rest up to a bound."""

    def __init__(self, room: int = 1024) -> None:
        self._waiting: dict[Any, str | bytes] = {}
        self._room, self._number = room, 0
        self.wake = asyncio.Event()
        self.full = False

    def put(self, frame: str | bytes, part: str) -> None:
        """Replaces an older frame of the same part of a topic."""
        if not part:
            self._number += 1
        self._waiting[part or self._number] = frame
        self.full = self.full or len(self._waiting) > self._room
        self.wake.set()

    def take(self) -> str | bytes | None:
        """The one that has waited longest; None if there is none."""
        if not self._waiting:
            self.wake.clear()
            return None
        return self._waiting.pop(next(iter(self._waiting)))


class RosbridgeServer:
    """A `Wire` to whoever connects, run by a thread of its own.

    Raises:
        WireError: the address is taken or not to be had.
        ConfigError: a certificate without a key, or the other way round.
    """

    def __init__(
        self, listen: Listen | None = None, policy: Policy | None = None, limits: FrameLimits = DEFAULT_LIMITS
    ) -> None:
        self.listen = listen or Listen()
        self.broker = Broker(policy, limits)
        self._tls = _tls(self.listen)
        self._loop = asyncio.new_event_loop()
        self.broker.post = self._post
        self._stopping = asyncio.Event()
        self._room = threading.BoundedSemaphore(256)
        """A simulation that runs as fast as it can must not run ahead of its own server."""
        self._handlers = ThreadPoolExecutor(4, "ros-service")
        self._started: threading.Event = threading.Event()
        self._failure: OSError | None = None
        self.port = self.listen.port
        self._thread = threading.Thread(target=self._run, name="rosbridge-server", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            where = f"{self.listen.bind}:{self.listen.port}"
            raise WireError(f"{where} cannot be listened on: {self._failure.strerror}; choose another --port.")
        rosapi.offer(self, self.broker)

    @property
    def uri(self) -> str:
        """Where clients connect."""
        host = f"[{self.listen.bind}]" if ":" in self.listen.bind else self.listen.bind
        return f"{'wss' if self._tls else 'ws'}://{host}:{self.port}"

    @property
    def description(self) -> str:
        """For people."""
        return f"embedded rosbridge server at {self.uri}"

    @property
    def last_problem(self) -> str:
        """What was wrong with the last frame that was dropped."""
        return self.broker.last_problem

    # The wire.

    def advertise(self, topic: str, type_: str) -> None:
        """Announce a topic."""
        self._do(self.broker.advertise, topic, type_)

    def latch(self, topic: str, type_: str) -> None:
        """Announce a topic whose last message is kept for those who come later."""
        self._do(self.broker.advertise, topic, type_, True)

    def parameter(self, name: str, value: str) -> None:
        """Answer for a parameter."""
        self._do(self.broker.parameters.__setitem__, name, value)

    def publish(self, topic: str, message: Message) -> bool:
        """To every subscriber; a slow one gets the newest only."""
        if not self.alive():
            return False
        if threading.current_thread() is self._thread:  # from within a subscriber
            self._publish(topic, message)
            return True
        if not self._room.acquire(timeout=1.0):
            self.broker.counts["not sent"] += 1
            return False
        self._loop.call_soon_threadsafe(self._publish_waiting, topic, message)
        return True

    def _publish_waiting(self, topic: str, message: Message) -> None:
        self._room.release()
        self._publish(topic, message)

    def _publish(self, topic: str, message: Message) -> None:
        try:
            self.broker.publish(topic, message)
        except InnervateError as error:
            self.broker.counts["not sent"] += 1
            self.broker.last_problem = str(error)

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        """Receive what clients publish on a topic."""
        self._do(self.broker.subscribe, topic, type_, on_message)

    def call(self, service: str, type_: str, request: Message, timeout_s: float = 5.0) -> dict[str, Any]:
        """Not for a simulation that serves: it has no one to ask."""
        raise WireError(f"{service} cannot be called from here: the embedded server offers services, it calls none.")

    def offer(self, service: str, type_: str, handler: Handler) -> None:
        """Answer a service, in a thread that may wait."""

        def answer(request: Message, reply: Reply) -> None:
            def work() -> None:
                good, values = answered(handler, request)
                if self.alive():
                    self._loop.call_soon_threadsafe(reply, good, values)

            self._handlers.submit(work)

        self._do(self.broker.offer, service, type_, answer)

    def act(self, action: str, type_: str, on_goal: OnGoal) -> None:
        """Take goals of an action."""
        self._do(self.broker.act, action, type_, on_goal)

    def _post(self, act: Callable[[], None]) -> None:
        if threading.current_thread() is self._thread:
            act()
        elif self.alive():
            self._loop.call_soon_threadsafe(act)

    def alive(self) -> bool:
        """Whether the server runs."""
        return self._thread.is_alive() and not self._stopping.is_set()

    def topics(self) -> dict[str, str]:
        """Topics that anyone here has named."""
        return dict(self.broker.types)

    def close(self) -> None:
        """Close every connection and free the port."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        self._handlers.shutdown(wait=False)

    # Its thread.

    def _do(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run in the server's thread, where the broker lives, and wait for it."""

        async def call() -> None:
            function(*arguments)

        asyncio.run_coroutine_threadsafe(call(), self._loop).result()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._started.set()
            self._loop.close()

    async def _serve(self) -> None:
        silent = logging.getLogger("innervate.ros.server")
        silent.addHandler(logging.NullHandler())
        silent.propagate = False
        origins: list[Any] = [None, re.compile(LOCAL_ORIGINS), *self.listen.origins]
        try:
            server = await serve(
                self._connected, self.listen.bind, self.listen.port, ssl=self._tls, compression=None, logger=silent,
                max_size=self.broker.limits.frame_bytes, max_queue=64, ping_interval=5, ping_timeout=10,
                close_timeout=1, origins=origins,
            )  # fmt: skip
        except OSError as error:
            self._failure = error
            return
        async with server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._started.set()
            while not self._stopping.is_set():
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), EXPIRE_S)
                self.broker.calls.expire(time.monotonic())

    async def _connected(self, connection: ServerConnection) -> None:
        if len(self.broker.clients) >= self.broker.policy.clients:
            self.broker.counts["clients"] += 1
            await connection.close(1013, "too many clients")
            return
        outbox = _Outbox()
        client = self.broker.join(outbox.put)
        writer = asyncio.create_task(_write(connection, outbox))
        try:
            tcp: Any = connection.transport.get_extra_info("socket")
            async for frame in connection:
                acknowledge(tcp)
                self.broker.receive(client, frame)
                await asyncio.sleep(0)  # a flood from one client leaves the others their turn
        except ConnectionClosed:
            pass
        finally:
            self.broker.leave(client)
            writer.cancel()


async def _write(connection: ServerConnection, outbox: _Outbox) -> None:
    try:
        while True:
            await outbox.wake.wait()
            while (frame := outbox.take()) is not None:
                await connection.send(frame)
            if outbox.full:
                await connection.close(1013, "answers are not read")
                return
    except ConnectionClosed:
        pass


def _tls(listen: Listen) -> ssl.SSLContext | None:
    if (listen.certificate is None) != (listen.key is None):
        raise ConfigError("wss:// needs both, --certificate and --key.")
    if listen.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(listen.certificate, listen.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"The certificate {listen.certificate} with {listen.key} cannot be used: {error}.") from error
    return context


