"""The rosbridge v2 server's logic without any network: frames of clients in, frames to clients out.

The simulation that serves is itself a member, the local one. Whatever a frame holds, `receive` returns: what is wrong
is counted, answered with a status, and dropped.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from innervate.errors import InnervateError
from innervate.launch.ros.bridge.definitions import DEFINITIONS, canonical, has_header
from innervate.launch.ros.bridge.frames import DEFAULT_LIMITS, Fragments, FrameLimits, Operation, decode, encode, split
from innervate.launch.ros.bridge.limits import Policy, RateLimit, permitted
from innervate.launch.ros.bridge.messages import Message, check_message, stamp_of
from innervate.launch.ros.bridge.wire import OnMessage
from innervate.launch.ros.errors import MessageError

Send = Callable[[str | bytes, str], None]
"""Takes a frame and its topic: of a topic only the newest frame matters; with '' the frame must not be left out."""
Reply = Callable[[bool, Any], None]
LEVELS = ("none", "error", "warning", "info")


@dataclass
class Subscription:
    """How one client wants a topic."""

    throttle_s: float
    fragment_size: int | None
    binary: bool
    last_s: float = -1e9


@dataclass(eq=False)
class Client:
    """One connection as the broker knows it."""

    send: Send
    rate: RateLimit
    fragments: Fragments
    level: str = "error"
    advertised: set[str] = field(default_factory=set[str])
    subscribed: dict[str, dict[str, Subscription]] = field(default_factory=dict[str, dict[str, Subscription]])
    """By topic and subscription id."""
    offered: set[str] = field(default_factory=set[str])

    def status(self, level: str, text: str, id_: Any = None) -> None:
        """Tell the client, if it wants to know."""
        if LEVELS.index(level) <= LEVELS.index(self.level):
            answer = {"op": "status", "level": level, "msg": text[:500]}
            self.send(encode(answer if id_ is None else {**answer, "id": str(id_)[:200]}), "")


class Broker:
    """Topics and services among the local node and any number of clients; to be used from one thread."""

    def __init__(self, policy: Policy | None = None, limits: FrameLimits = DEFAULT_LIMITS) -> None:
        self.policy, self.limits = policy or Policy(), limits
        self.clients: set[Client] = set()
        self.types: dict[str, str] = {}
        """Type of each topic, from whoever named it first."""
        self.counts: Counter[str] = Counter()
        """What was dropped, by reason."""
        self.last_problem = ""
        self._own: set[str] = set()
        """Topics of the local node, which strangers may not publish on."""
        self._local: dict[str, list[OnMessage]] = {}
        self._handlers: dict[str, tuple[str, Callable[[Message, Reply], None]]] = {}
        self._calls: dict[str, tuple[Client, Client, Any, str]] = {}
        """Calls under way at clients' services: provider, caller, the caller's id, service."""
        self._call_number = 0

    # The local node.

    def advertise(self, topic: str, type_: str) -> None:
        """A topic of the local node's own."""
        self.types[topic] = canonical(type_)
        self._own.add(topic)

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        """A topic that the local node listens to."""
        self.types.setdefault(topic, canonical(type_))
        self._local.setdefault(topic, []).append(on_message)

    def offer(self, service: str, type_: str, handler: Callable[[Message, Reply], None]) -> None:
        """A service of the local node's own; the handler replies when it will."""
        self._handlers[service] = (type_, handler)

    def publish(self, topic: str, message: Message) -> None:
        """To all who want it, encoded once for each form."""
        now = time.monotonic()
        frames: dict[bool, str | bytes] = {}
        for client in self.clients:
            if topic not in client.subscribed:
                continue
            # One client gets a message once, in the most frequent of the ways that it asked for.
            subscription = min(client.subscribed[topic].values(), key=lambda s: s.throttle_s)
            if now - subscription.last_s < subscription.throttle_s:
                continue
            subscription.last_s = now
            if subscription.binary not in frames:
                operation = {"op": "publish", "topic": topic, "msg": message}
                frames[subscription.binary] = encode(operation, binary=subscription.binary)
            self._deliver(client, subscription, frames[subscription.binary], topic)

    def _deliver(self, client: Client, subscription: Subscription, frame: str | bytes, topic: str) -> None:
        size = subscription.fragment_size
        if isinstance(frame, str) and size is not None and len(frame) > size:
            self._call_number += 1
            for piece in split(frame, f"{topic}:{self._call_number}", size):
                client.send(encode(piece), "")
        else:
            client.send(frame, topic)

    def services(self) -> dict[str, str]:
        """Services of the local node with their types."""
        return {name: type_ for name, (type_, _) in self._handlers.items()}

    # The clients.

    def join(self, send: Send) -> Client:
        """A new connection."""
        client = Client(send, RateLimit(self.policy.messages_per_s), Fragments(self.limits))
        self.clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        """A connection that has ended; calls that waited for it fail."""
        self.clients.discard(client)
        for key, (provider, caller, id_, service) in list(self._calls.items()):
            if client in (provider, caller):
                del self._calls[key]
                if caller is not client:
                    self._respond(caller, service, id_, False, f"The client that offered {service} has left.")
        self._forget_unused()

    def _forget_unused(self) -> None:
        kept = self._own | self._local.keys()
        for client in self.clients:
            kept |= client.advertised | client.subscribed.keys()
        for topic in self.types.keys() - kept:
            del self.types[topic]

    def receive(self, client: Client, frame: str | bytes) -> None:
        """Whatever a client has sent."""
        if not client.rate.allows(time.monotonic()):
            self._drop(client, "rate", f"More than {self.policy.messages_per_s:g} messages a second; some are dropped.")
            return
        try:
            operation = decode(frame, self.limits)
        except MessageError as error:
            self._drop(client, "malformed", str(error))
            return
        try:
            self._perform(client, operation)
        except InnervateError as error:
            self._drop(client, "refused", str(error), operation.get("id"))

    def _drop(self, client: Client, reason: str, text: str, id_: Any = None) -> None:
        self.counts[reason] += 1
        self.last_problem = text
        if reason != "rate" or self.counts["rate"] % 1000 == 1:
            client.status("error", text, id_)

    def _perform(self, client: Client, operation: Operation) -> None:
        name = operation["op"]
        if name == "publish":
            self._published(client, operation)
        elif name == "fragment":
            whole = client.fragments.add(operation)
            if whole is not None:
                inner = decode(whole, self.limits)
                if inner["op"] == "fragment":
                    raise MessageError("Fragments within fragments are not read.")
                self._perform(client, inner)
        elif name == "set_level":
            if operation.get("level") not in LEVELS:
                raise MessageError(f"The level of status messages is one of {', '.join(LEVELS)}.")
            client.level = operation["level"]
        elif name in ("subscribe", "unsubscribe", "advertise", "unadvertise"):
            getattr(self, f"_on_{name}")(client, operation, _text(operation, "topic"))
        elif name in ("call_service", "service_response", "advertise_service", "unadvertise_service"):
            getattr(self, f"_on_{name}")(client, operation, _text(operation, "service"))
        elif name == "status":
            pass  # a client's remark
        else:
            raise MessageError(f"There is no operation {name[:40]!r} here.")

    def _known(self, client: Client, name: str) -> None:
        concerned = len(client.advertised) + len(client.subscribed) + len(client.offered)
        if concerned >= self.policy.names:
            raise MessageError(f"{name[:80]}: one client may use {self.policy.names} names at most.")

    def _typed(self, topic: str, type_: Any) -> None:
        """Remember the type of a topic, or refuse another one than it has."""
        if type_ is None:
            if topic not in self.types:
                raise MessageError(f"The type of {topic[:80]} is not known; say it.")
            return
        if not isinstance(type_, str) or len(type_) > 200:
            raise MessageError(f"The type of {topic[:80]} should be a short string.")
        known = self.types.setdefault(topic, canonical(type_))
        if known != canonical(type_):
            raise MessageError(f"{topic} is of type {known}, not {type_}.")

    def _allow_publish(self, topic: str) -> None:
        if topic in self._own:
            raise MessageError(f"{topic} is the simulation's own; only it publishes there.")
        if not permitted(topic, self.policy.publish):
            raise MessageError(f"Publishing on {topic[:80]} is not allowed here.")

    def _published(self, client: Client, operation: Operation) -> None:
        topic = _text(operation, "topic")
        self._allow_publish(topic)
        if topic not in client.advertised:
            self._on_advertise(client, operation, topic)
        type_, message = self.types[topic], operation.get("msg", {})
        if type_ in DEFINITIONS:
            check_message(type_, message)
            if has_header(type_) and "header" not in message:
                message = {"header": {"stamp": stamp_of(time.time()), "frame_id": ""}, **message}
        elif not isinstance(message, Mapping):
            raise MessageError(f"The message on {topic} should be an object.")
        for on_message in self._local.get(topic, ()):
            on_message(message, time.monotonic())
        self.publish(topic, message)

    def _on_advertise(self, client: Client, operation: Operation, topic: str) -> None:
        self._allow_publish(topic)
        self._known(client, topic)
        self._typed(topic, operation.get("type"))
        client.advertised.add(topic)

    def _on_unadvertise(self, client: Client, operation: Operation, topic: str) -> None:
        client.advertised.discard(topic)
        self._forget_unused()

    def _on_subscribe(self, client: Client, operation: Operation, topic: str) -> None:
        if not permitted(topic, self.policy.subscribe):
            raise MessageError(f"Subscribing to {topic[:80]} is not allowed here.")
        self._known(client, topic)
        self._typed(topic, operation.get("type"))
        compression = operation.get("compression", "none")
        if compression not in ("none", "cbor"):
            raise MessageError(f"Compression {str(compression)[:20]!r} is not offered; 'none' and 'cbor' are.")
        size = operation.get("fragment_size")
        subscription = Subscription(
            throttle_s=_number(operation, "throttle_rate") / 1000,
            fragment_size=None if size is None else max(64, int(_number(operation, "fragment_size"))),
            binary=compression == "cbor",
        )
        mine = client.subscribed.setdefault(topic, {})
        if len(mine) < 16:
            mine[str(operation.get("id"))[:200]] = subscription

    def _on_unsubscribe(self, client: Client, operation: Operation, topic: str) -> None:
        id_ = operation.get("id")
        if id_ is None:
            client.subscribed.pop(topic, None)
        elif topic in client.subscribed:
            client.subscribed[topic].pop(str(id_)[:200], None)
            if not client.subscribed[topic]:
                del client.subscribed[topic]
        self._forget_unused()

    # Services.

    def _respond(self, client: Client, service: str, id_: Any, good: bool, values: Any) -> None:
        answer = {"op": "service_response", "service": service, "values": values, "result": good}
        client.send(encode(answer if id_ is None else {**answer, "id": id_}), "")

    def _on_call_service(self, client: Client, operation: Operation, service: str) -> None:
        id_, request = operation.get("id"), operation.get("args", {})
        if not (id_ is None or (isinstance(id_, str) and len(id_) <= 200)):
            raise MessageError("The id of a call should be a short string.")
        if isinstance(request, list):  # the specification allows both; positions mean nothing here
            request = {}
        if not isinstance(request, Mapping):
            raise MessageError(f"The arguments of {service} should be an object.")
        provider = next((c for c in self.clients if service in c.offered), None)
        if not permitted(service, self.policy.services):
            self._respond(client, service, id_, False, f"Calling {service[:80]} is not allowed here.")
        elif service in self._handlers:
            handler = self._handlers[service][1]
            handler(request, lambda good, values: self._respond(client, service, id_, good, values))
        elif provider is not None and len(self._calls) < 256:
            self._call_number += 1
            key = f"call:{self._call_number}"
            self._calls[key] = (provider, client, id_, service)
            provider.send(encode({"op": "call_service", "service": service, "id": key, "args": request}), "")
        else:
            self._respond(client, service, id_, False, f"There is no service {service[:80]}.")

    def _on_service_response(self, client: Client, operation: Operation, service: str) -> None:
        key = str(operation.get("id"))
        if key not in self._calls or self._calls[key][0] is not client:
            raise MessageError(f"Nobody waits for this answer of {service[:80]}.")
        _, caller, id_, asked = self._calls.pop(key)
        self._respond(caller, asked, id_, operation.get("result") is not False, operation.get("values", {}))

    def _on_advertise_service(self, client: Client, operation: Operation, service: str) -> None:
        taken = service in self._handlers or any(service in c.offered for c in self.clients)
        if taken or not permitted(service, self.policy.offer):
            raise MessageError(f"Offering {service[:80]} is not allowed here.")
        self._known(client, service)
        client.offered.add(service)

    def _on_unadvertise_service(self, client: Client, operation: Operation, service: str) -> None:
        client.offered.discard(service)


def _text(operation: Operation, name: str) -> str:
    value = operation.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise MessageError(f"{operation['op']} needs a {name}, a short string.")
    if value.startswith("/"):
        return value
    if name == "topic":  # its messages would come back under another name than was asked for
        raise MessageError(f"The name of a topic begins with '/' here: /{value}")
    return f"/{value}"  # roslib.js calls rosapi so


def _number(operation: Operation, name: str) -> float:
    value = operation.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise MessageError(f"{name} should be a number of 0 or more.")
    return float(value)
