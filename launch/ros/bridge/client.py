"""A thin rosbridge client: one reader thread, reconnection, and commands that are sent now or never."""

import fcntl
import itertools
import logging
import ssl
import struct
import termios
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from innervate.errors import InnervateError, MissingExtraError
from innervate.launch.ros.bridge.definitions import canonical, ros1_name
from innervate.launch.ros.bridge.errors import MessageError, NoAnswerError, WireError
from innervate.launch.ros.bridge.frames import DEFAULT_LIMITS, Fragments, FrameLimits, Operation, decode, encode
from innervate.launch.ros.bridge.limits import RateLimit, permitted
from innervate.launch.ros.bridge.messages import Message, in_ros1
from innervate.launch.ros.bridge.shared_names import EMBEDDED
from innervate.launch.ros.bridge.tcp import acknowledge, without_delay
from innervate.launch.ros.bridge.tls import Context, context_for
from innervate.launch.ros.bridge.wire import Handler, OnMessage, answered

try:
    from websockets.exceptions import ConnectionClosed, WebSocketException
    from websockets.sync.client import ClientConnection, connect
except ModuleNotFoundError as error:
    raise MissingExtraError("websockets", "ros") from error

Dialect = Literal["ros2", "ros1"]
BINARY = {"sensor_msgs/msg/CompressedImage", "sensor_msgs/msg/LaserScan", "sensor_msgs/msg/Range"}
"""Pictures, a third longer in base64; ranges, of which JSON makes null whether too close, faulty or nothing there."""

SILENT = logging.getLogger("innervate.ros.client")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False

ROSAPI, ROSAPI_S = ("topics", "publishers", "subscribers", "get_ros_version"), 2.0
"""Services that are asked, and how long each is waited for."""


@dataclass(frozen=True, kw_only=True)
class ClientConfig:
    """How to reach a rosbridge server."""

    uri: str = "ws://127.0.0.1:9090"
    dialect: Dialect = "ros2"
    binary: bool = False
    """Ask for CBOR everywhere; it is always asked for where JSON costs or loses something, see `BINARY`."""
    ca: Path | None = None
    """Certificate authority (PEM) that a wss:// server's certificate must come from; None for the system's."""
    open_timeout_s: float = 5.0
    back_off_s: tuple[float, float] = (0.05, 0.5)
    """First and longest pause between two attempts to reconnect."""
    ping_s: tuple[float, float] = (2.0, 5.0)
    """Between two pings, and for an answer: a connection that hangs half open is given up then."""
    messages_per_s: float = 2000.0
    """What is published faster is left out: a server that cannot keep up would close the connection."""
    backlog_bytes: int = 64 << 10
    """Unsent bytes above which nothing more is published: what waits would arrive when it is no longer true."""
    allow_topics: tuple[str, ...] = ("*",)


class RosbridgeClient:
    """A `Wire` to any rosbridge v2 server, of ROS 1 or ROS 2.

    Raises:
        WireError: nothing answers at the address, or its certificate is not good.
    """

    def __init__(self, config: ClientConfig | None = None, limits: FrameLimits = DEFAULT_LIMITS) -> None:
        self.config, self.limits = config or ClientConfig(), limits
        self.description = f"rosbridge at {self.config.uri}"
        self.counts: Counter[str] = Counter()
        """Frames dropped, connections lost, and the like."""
        self.last_problem = ""
        self._tls = context_for(self.config.uri, self.config.ca)
        self._advertised: dict[str, Operation] = {}
        self._raw_types: list[str] = []
        self._lacking: set[str] = set()
        """Services of rosapi that this server turned out not to have."""
        self._subscribed: dict[str, tuple[str, list[OnMessage]]] = {}
        self._offered: dict[str, tuple[str, Handler]] = {}
        self._waiting: dict[str, Future[dict[str, Any]]] = {}
        self._ids = itertools.count(1)
        self._rate = RateLimit(self.config.messages_per_s)
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._handlers = ThreadPoolExecutor(2, "ros-service")
        self._connection: ClientConnection | None = self._connect()
        self._thread = threading.Thread(target=self._run, name="rosbridge-client", daemon=True)
        self._thread.start()

    # The wire.

    def advertise(self, topic: str, type_: str) -> None:
        """Announce a topic, now and after every reconnection."""
        self._advertise({"op": "advertise", "topic": topic, "type": self._type(type_)})

    def latch(self, topic: str, type_: str) -> None:
        """The same of a topic whose last message the server keeps for those who come later."""
        self._advertise({"op": "advertise", "topic": topic, "type": self._type(type_), "latch": True})

    def _advertise(self, operation: Operation) -> None:
        self._check_allowed(operation["topic"])
        with self._lock:
            self._advertised[operation["topic"]] = operation
            self._announce(operation)

    def publish(self, topic: str, message: Message) -> bool:
        """Send now, or not at all; see `Wire`."""
        plain = in_ros1(message) if self.config.dialect == "ros1" else message
        return self._out(encode({"op": "publish", "topic": topic, "msg": plain}))

    def _out(self, frame: str | bytes) -> bool:
        connection = self._connection
        if connection is None:
            self.counts["not sent: no connection"] += 1
            return False
        if not self._rate.allows(time.monotonic()):
            self.counts["not sent: too many a second"] += 1
            return False
        if _unsent_bytes(connection) > self.config.backlog_bytes:
            self.counts["not sent: the server does not keep up"] += 1
            return False
        return self._send(connection, frame)

    def send_goal(self, action: str, type_: str, goal: Message) -> bool:
        """Send a goal of an action now, or not at all; one that is refused or aborted is counted."""
        self._check_allowed(action)
        plain = in_ros1(goal) if self.config.dialect == "ros1" else goal
        operation = {"op": "send_action_goal", "id": f"goal:{next(self._ids)}", "action": action, "action_type": type_,
                     "args": plain, "feedback": False}  # fmt: skip
        return self._out(encode(operation))

    def actions(self) -> tuple[str, ...] | None:
        """As the server's rosapi knows them; None where it does not say."""
        try:
            names = self._rosapi("action_servers", "GetActionServers", {}).get("action_servers")
        except WireError:
            return None
        return tuple(map(str, names)) if isinstance(names, list) else None

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        """Receive a topic, now and after every reconnection."""
        self._check_allowed(topic)
        with self._lock:
            known, listeners = self._subscribed.setdefault(topic, (canonical(type_), []))
            if known != canonical(type_):
                raise WireError(f"{topic} is subscribed to as {known} and as {type_}; it can be only one of them.")
            listeners.append(on_message)
            if len(listeners) == 1:
                self._announce(self._subscription(topic, type_))

    def call(self, service: str, type_: str, request: Message, timeout_s: float = 5.0) -> dict[str, Any]:
        """Call a service and wait for its answer."""
        id_ = f"call:{next(self._ids)}"
        answer: Future[dict[str, Any]] = Future()
        self._waiting[id_] = answer
        try:
            operation = {"op": "call_service", "id": id_, "service": service, "args": request}
            if self._connection is None or not self._send(self._connection, encode(operation)):
                raise WireError(f"{service} was not called: there is no connection to {self.config.uri}.")
            return answer.result(timeout_s)
        except FutureTimeout:
            raise NoAnswerError(f"{service} did not answer within {timeout_s:g} s; does it exist there?") from None
        finally:
            self._waiting.pop(id_, None)

    def offer(self, service: str, type_: str, handler: Handler) -> None:
        """Answer a service, now and after every reconnection."""
        with self._lock:
            self._offered[service] = (type_, handler)
            self._announce({"op": "advertise_service", "service": service, "type": self._type(type_)})

    def alive(self) -> bool:
        """Whether the connection stands."""
        return self._connection is not None

    def topics(self) -> dict[str, str]:
        """As the server's rosapi knows them."""
        answer = self._rosapi("topics", "Topics", {})
        names, types = answer.get("topics"), answer.get("types")
        if not isinstance(names, list) or not isinstance(types, list):
            raise WireError("The server's /rosapi/topics gave no list of topics.")
        self._raw_types = [str(type_) for type_ in types]
        return {str(name): canonical(str(type_)) for name, type_ in zip(names, types, strict=False)}

    def publishers(self, topic: str) -> tuple[str, ...] | None:
        """As the server's rosapi knows them; None where it does not say."""
        return self._named("publishers", topic)

    def subscribers(self, topic: str) -> tuple[str, ...] | None:
        """As the server's rosapi knows them; None where it does not say."""
        return self._named("subscribers", topic)

    def _named(self, what: Literal["publishers", "subscribers"], topic: str) -> tuple[str, ...] | None:
        try:
            names = self._rosapi(what, what.capitalize(), {"topic": topic}).get(what)
        except WireError:
            return None
        return tuple(map(str, names)) if isinstance(names, list) else None

    def _rosapi(self, name: str, type_: str, request: Message) -> dict[str, Any]:
        """One of rosapi's services; a server without it is asked once, for some answer to that by silence."""
        if name in self._lacking:
            raise WireError(f"This server has no /rosapi/{name}.")
        try:
            return self.call(f"/rosapi/{name}", f"rosapi_msgs/srv/{type_}", request, ROSAPI_S)
        except WireError:
            if self.alive():
                self._lacking |= set(ROSAPI) if name == "topics" else {name}
            raise

    def dialect(self) -> str | None:
        """By the names of its types; None before `topics` was asked, and for the embedded server, which speaks both."""
        if not self._raw_types:
            return None
        if not any("/msg/" in type_ for type_ in self._raw_types):
            return "ros1"
        try:
            answer = self._rosapi("get_ros_version", "GetROSVersion", {})
        except WireError:
            return "ros2"
        return None if answer.get("distro") == EMBEDDED else "ros2"

    def settle(self, topic: str, timeout_s: float) -> None:
        """What was asked for before is in force when the next answer comes; see `RobotLink`'s own services."""

    def close(self) -> None:
        """Leave, once."""
        self._closing.set()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._thread.join(timeout=3)
        self._handlers.shutdown(wait=False)

    # Connections.

    def _connect(self) -> ClientConnection:
        try:
            connection = self._opened()
        except ssl.SSLCertVerificationError as error:
            raise WireError(
                f"The certificate of {self.config.uri} is not good ({error.verify_message}); "
                "give its authority with --ca FILE."
            ) from error
        except (OSError, TimeoutError, WebSocketException) as error:
            raise WireError(
                f"No rosbridge answers at {self.config.uri} ({error}). Start one, "
                "for example: innervate ros serve swim"
            ) from error
        without_delay(connection.socket)
        return connection

    def _opened(self) -> ClientConnection:
        """Asked twice, each time for half of the time: under load a request was seen to stay without an answer."""
        timeout_s = self.config.open_timeout_s / 2
        try:
            return _open(self.config, self.limits, self._tls, timeout_s)
        except TimeoutError:
            self.counts["opened again"] += 1
            return _open(self.config, self.limits, self._tls, timeout_s)

    def _run(self) -> None:
        connection = self._connection
        pause = self.config.back_off_s[0]
        while not self._closing.is_set():
            if connection is not None:
                self._read(connection)
                self._connection = None
                self._fail_calls()
                if self._closing.is_set():
                    return
                self.counts["connection lost"] += 1
                pause = self.config.back_off_s[0]
            if self._closing.wait(pause):
                return
            pause = min(2 * pause, self.config.back_off_s[1])
            connection = self._reconnect()

    def _reconnect(self) -> ClientConnection | None:
        try:
            connection = self._connect()
        except WireError as error:
            self.last_problem = str(error)
            return None
        with self._lock:  # nothing is announced twice, nothing is left out
            self._connection = connection
            for operation in self._advertised.values():
                self._announce(operation)
            for service, (type_, _) in self._offered.items():
                self._announce({"op": "advertise_service", "service": service, "type": self._type(type_)})
            for topic, (type_, _) in self._subscribed.items():
                self._announce(self._subscription(topic, type_))
        self.counts["reconnected"] += 1
        return connection

    def _read(self, connection: ClientConnection) -> None:
        fragments = Fragments(self.limits)
        try:
            acknowledge(connection.socket)
            for frame in connection:
                acknowledge(connection.socket)
                self.receive(frame, fragments)
        except ConnectionClosed as error:
            self.last_problem = str(error)
        except WebSocketException as error:
            self.last_problem = str(error)

    def receive(self, frame: str | bytes, fragments: Fragments) -> None:
        """Whatever the server has sent; what is wrong with it is counted."""
        now = time.monotonic()
        try:
            operation = decode(frame, self.limits, quick=True)
            if operation["op"] == "fragment":
                whole = fragments.add(operation)
                if whole is None:
                    return
                operation = decode(whole, self.limits, quick=True)
            self._perform(operation, now)
        except InnervateError as error:
            self.counts["dropped"] += 1
            self.last_problem = str(error)

    def _perform(self, operation: Operation, now: float) -> None:
        name = operation["op"]
        if name == "publish":
            _, listeners = self._subscribed.get(str(operation.get("topic")), ("", ()))
            message = operation.get("msg")
            if not isinstance(message, dict):
                raise MessageError(f"The message on {operation.get('topic')} is no object.")
            for on_message in listeners:
                on_message(message, now)
        elif name == "service_response":
            waiting = self._waiting.get(str(operation.get("id")))
            if waiting is not None and not waiting.done():
                self._answered(waiting, operation)
        elif name == "call_service":
            self._handlers.submit(self._answer, operation)
        elif name == "action_result" and operation.get("result") is False:
            self.counts["goals refused"] += 1
            self.last_problem = f"{operation.get('action')} refused a goal: {str(operation.get('values'))[:300]}"
        elif name == "status":
            self.counts[f"status {operation.get('level')}"[:20]] += 1
            self.last_problem = f"the server says: {str(operation.get('msg'))[:300]}"

    @staticmethod
    def _answered(waiting: "Future[dict[str, Any]]", operation: Operation) -> None:
        values, service = operation.get("values"), operation.get("service")
        if operation.get("result") is False:
            waiting.set_exception(WireError(f"{service} failed: {str(values)[:300]}"))
        else:
            waiting.set_result(values if isinstance(values, dict) else {})

    def _answer(self, operation: Operation) -> None:
        service = str(operation.get("service"))
        if service not in self._offered:
            return
        request = operation.get("args")
        good, values = answered(self._offered[service][1], request if isinstance(request, dict) else {})
        values = values if good else {"message": values}
        answer: dict[str, Any] = {"op": "service_response", "service": service, "values": values, "result": good}
        if isinstance(operation.get("id"), str):
            answer["id"] = operation["id"]
        if self._connection is not None:
            self._send(self._connection, encode(answer))

    def _fail_calls(self) -> None:
        for waiting in list(self._waiting.values()):
            if not waiting.done():
                waiting.set_exception(WireError(f"The connection to {self.config.uri} was lost during a call."))

    # Sending.

    def _check_allowed(self, topic: str) -> None:
        if not permitted(topic, self.config.allow_topics):
            raise WireError(f"{topic} is not among the allowed topics, {', '.join(self.config.allow_topics)}.")

    def _type(self, type_: str) -> str:
        return ros1_name(type_) if self.config.dialect == "ros1" else type_

    def _subscription(self, topic: str, type_: str) -> Operation:
        compression = "cbor" if self.config.binary or canonical(type_) in BINARY else "none"
        return {"op": "subscribe", "topic": topic, "type": self._type(type_), "compression": compression}

    def _announce(self, operation: Operation) -> None:
        if self._connection is not None:
            self._send(self._connection, encode(operation))

    def _send(self, connection: ClientConnection, frame: str | bytes) -> bool:
        try:
            connection.send(frame)
        except (ConnectionClosed, OSError):
            return False
        return True


def _open(config: ClientConfig, limits: FrameLimits, tls: Context | None, timeout_s: float) -> ClientConnection:
    ssl_: Any = tls
    opened: Any = connect(
        config.uri, ssl=ssl_, open_timeout=timeout_s, close_timeout=1, compression=None, proxy=None,
        max_size=limits.frame_bytes, max_queue=64, logger=SILENT, ping_interval=config.ping_s[0],
        ping_timeout=config.ping_s[1],
    )  # fmt: skip
    return opened.__enter__()  # as `with` would, the form that all versions of websockets take


def _unsent_bytes(connection: ClientConnection) -> int:
    """What the peer's machine has not acknowledged yet."""
    try:
        return struct.unpack("i", fcntl.ioctl(connection.socket, termios.TIOCOUTQ, b"\0" * 4))[0]
    except (OSError, ValueError):  # closed meanwhile; sending will find out
        return 0
