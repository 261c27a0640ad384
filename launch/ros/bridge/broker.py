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
from innervate.launch.ros.bridge.actions import ABORTED, Goal, OnGoal
from innervate.launch.ros.bridge.calls import Call, Calls
from innervate.launch.ros.bridge.definitions import DEFINITIONS, canonical, has_header
from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.bridge.forms import FORMS, Form, frame_of
from innervate.launch.ros.bridge.frames import DEFAULT_LIMITS, Fragments, FrameLimits, Operation, decode, encode, split
from innervate.launch.ros.bridge.limits import Policy, RateLimit, permitted
from innervate.launch.ros.bridge.messages import Message, check_message, stamp_of
from innervate.launch.ros.bridge.shared_names import NODE
from innervate.launch.ros.bridge.wire import OnMessage

Send = Callable[[str | bytes, str], None]
"""Takes a frame and what it tells of, a topic or a part of one: of that only the newest frame matters; with '' it must
not be left out."""
Reply = Callable[[bool, Any], None]
PARTS = 64
"""Sets of joints or frames that a topic may be told in; where there are more, they are not told apart."""
LEVELS = ("none", "error", "warning", "info")


@dataclass
class Subscription:
    """How one client wants a topic."""

    asked: str
    """The topic as the client calls it, which may be without the slash in front."""
    throttle_s: float
    fragment_size: int | None
    form: Form
    last_s: float = -1e9


@dataclass(eq=False)
class Client:
    """One connection as the broker knows it."""

    send: Send
    rate: RateLimit
    fragments: Fragments
    name: str
    """As rosapi calls it, for want of one of its own."""
    level: str = "error"
    advertised: set[str] = field(default_factory=set[str])
    subscribed: dict[str, dict[str, Subscription]] = field(default_factory=dict[str, dict[str, Subscription]])
    """By topic and subscription id."""
    offered: set[str] = field(default_factory=set[str])
    latching: set[str] = field(default_factory=set[str])
    """Topics on which its last message is kept for those who come later."""

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
        self.parameters: dict[str, str] = {}
        """What rosapi answers for parameters, which the local node sets."""
        self._own: set[str] = set()
        """Topics of the local node, which strangers may not publish on."""
        self._local: dict[str, list[OnMessage]] = {}
        self._handlers: dict[str, tuple[str, Callable[[Message, Reply], None]]] = {}
        self.calls: Calls[Client] = Calls(self._respond, self.policy.call_timeout_s)
        self._actions: dict[str, tuple[str, OnGoal]] = {}
        self._goals: dict[tuple[Client, str], Goal] = {}
        self.post: Callable[[Callable[[], None]], None] = lambda act: act()
        """Does something in the broker's thread; goals are finished in others."""
        self._latching: set[str] = set()
        self._latched: dict[str, Message] = {}
        self._parts: dict[str, set[str]] = {}
        """What each topic was told in parts of."""
        self._pieces = self._joined = 0

    # The local node.

    def advertise(self, topic: str, type_: str, latch: bool = False) -> None:
        """A topic of the local node's own."""
        self.types[topic] = canonical(type_)
        self._own.add(topic)
        if latch:
            self._latching.add(topic)

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        """A topic that the local node listens to."""
        self.types.setdefault(topic, canonical(type_))
        self._local.setdefault(topic, []).append(on_message)
        if topic in self._latched:
            on_message(self._latched[topic], time.monotonic())

    def offer(self, service: str, type_: str, handler: Callable[[Message, Reply], None]) -> None:
        """A service of the local node's own; the handler replies when it will."""
        self._handlers[service] = (type_, handler)

    def publish(self, topic: str, message: Message) -> None:
        """To all who want it, encoded once for each form."""
        now = time.monotonic()
        if topic in self._latching:
            self._latched[topic] = message
        frames: dict[tuple[Form, str], str | bytes] = {}
        part = self._part(topic, message)
        for client in self.clients:
            if topic not in client.subscribed:
                continue
            # One client gets a message once, in the most frequent of the ways that it asked for.
            subscription = min(client.subscribed[topic].values(), key=lambda s: s.throttle_s)
            if now - subscription.last_s < subscription.throttle_s:
                continue
            subscription.last_s = now
            key = (subscription.form, subscription.asked)
            if key not in frames:
                frames[key] = self._frame(topic, subscription, message)
            self._deliver(client, subscription, frames[key], part)

    def _part(self, topic: str, message: Message) -> str:
        """What a message tells of: several drivers of one robot tell joints, or frames, of their own on one topic."""
        names = message.get("name")
        if names is None and isinstance(message.get("transforms"), list):
            names = [one.get("child_frame_id") for one in message["transforms"] if isinstance(one, Mapping)]
        if not isinstance(names, list | tuple):
            return topic
        part, known = "\0".join((topic, *map(str, names))), self._parts.setdefault(topic, set())
        if part not in known:
            if len(known) >= PARTS:
                return topic
            known.add(part)
        return part

    def _frame(self, topic: str, subscription: Subscription, message: Message) -> str | bytes:
        return frame_of(subscription.asked, self.types.get(topic, ""), message, subscription.form, time.time())

    def _deliver(self, client: Client, subscription: Subscription, frame: str | bytes, part: str) -> None:
        size = subscription.fragment_size
        if isinstance(frame, str) and size is not None and len(frame) > size:
            self._pieces += 1
            for piece in split(frame, f"{subscription.asked}:{self._pieces}", size):
                client.send(encode(piece), "")
        else:
            client.send(frame, part)

    def services(self) -> dict[str, str]:
        """Services of the local node with their types."""
        return {name: type_ for name, (type_, _) in self._handlers.items()}

    def actions(self) -> dict[str, str]:
        """Actions of the local node with their types."""
        return {name: type_ for name, (type_, _) in self._actions.items()}

    def act(self, action: str, type_: str, on_goal: OnGoal) -> None:
        """An action of the local node's own."""
        self._actions[action] = (type_, on_goal)

    def topics_of(self, node: str) -> tuple[list[str], list[str]]:
        """What a node publishes, and what it listens to."""
        if node == NODE:
            return sorted(self._own), sorted(self._local)
        client = next((client for client in self.clients if client.name == node), None)
        return ([], []) if client is None else (sorted(client.advertised), sorted(client.subscribed))

    def services_of(self, node: str) -> list[str]:
        """What a node offers."""
        if node == NODE:
            return list(self._handlers)
        return next((sorted(client.offered) for client in self.clients if client.name == node), [])

    def nodes(self) -> list[str]:
        """The local node, and the clients for want of theirs."""
        return [NODE, *(client.name for client in self.clients)]

    # The clients.

    def join(self, send: Send) -> Client:
        """A new connection."""
        self._joined += 1
        client = Client(
            send, RateLimit(self.policy.messages_per_s), Fragments(self.limits), f"/rosbridge_client_{self._joined}"
        )  # fmt: skip
        self.clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        """A connection that has ended; calls that waited for it fail."""
        self.clients.discard(client)
        self.calls.leave(client)
        for key in [key for key in self._goals if key[0] is client]:  # followed to its end, as a message is
            del self._goals[key]
        for topic in client.latching:
            self._unlatch(topic)
        self._forget_unused()

    def _unlatch(self, topic: str) -> None:
        """What was latched goes with who latched it."""
        if not any(topic in client.latching for client in self.clients):
            self._latching.discard(topic)
            self._latched.pop(topic, None)

    def publishers(self, topic: str) -> list[str]:
        """Who publishes on a topic."""
        own = [NODE] if topic in self._own else []
        return own + [client.name for client in self.clients if topic in client.advertised]

    def subscribers(self, topic: str) -> list[str]:
        """Who listens to a topic."""
        own = [NODE] if topic in self._local else []
        return own + [client.name for client in self.clients if topic in client.subscribed]

    def _forget_unused(self) -> None:
        kept = self._own | self._local.keys()
        for client in self.clients:
            kept |= client.advertised | client.subscribed.keys()
        for topic in self.types.keys() - kept:
            del self.types[topic]
            self._parts.pop(topic, None)

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
        elif name in ("send_action_goal", "cancel_action_goal"):
            getattr(self, f"_on_{name}")(client, operation, _text(operation, "action"))
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
            refusal = on_message(message, time.monotonic())
            if isinstance(refusal, str):  # the robot's own count has it
                client.status("error", f"{topic} was refused: {refusal}", operation.get("id"))
        self.publish(topic, message)

    def _on_advertise(self, client: Client, operation: Operation, topic: str) -> None:
        self._allow_publish(topic)
        self._known(client, topic)
        self._typed(topic, operation.get("type"))
        client.advertised.add(topic)
        qos = operation.get("qos")
        durable = isinstance(qos, Mapping) and qos.get("durability") == "transient_local"
        if operation.get("latch") is True or durable:
            client.latching.add(topic)
            self._latching.add(topic)

    def _on_unadvertise(self, client: Client, operation: Operation, topic: str) -> None:
        client.advertised.discard(topic)
        if topic in client.latching:
            client.latching.discard(topic)
            self._unlatch(topic)
        self._forget_unused()

    def _on_subscribe(self, client: Client, operation: Operation, topic: str) -> None:
        if not permitted(topic, self.policy.subscribe):
            raise MessageError(f"Subscribing to {topic[:80]} is not allowed here.")
        self._known(client, topic)
        self._typed(topic, operation.get("type"))
        form: Any = operation.get("compression") or "none"
        if form not in FORMS:
            raise MessageError(f"Compression {str(form)[:20]!r} is not offered; {', '.join(FORMS)} are.")
        size = operation.get("fragment_size")
        subscription = Subscription(
            asked=operation["topic"], throttle_s=_number(operation, "throttle_rate") / 1000,
            fragment_size=None if size is None else max(64, int(_number(operation, "fragment_size"))), form=form,
        )  # fmt: skip
        mine = client.subscribed.setdefault(topic, {})
        if len(mine) < 16:
            mine[str(operation.get("id"))[:200]] = subscription
        if topic in self._latched:
            self._deliver(client, subscription, self._frame(topic, subscription, self._latched[topic]), "")

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
        asked = operation["service"]
        provider = next((c for c in self.clients if service in c.offered), None)
        if not permitted(service, self.policy.services):
            self._respond(client, asked, id_, False, f"Calling {service[:80]} is not allowed here.")
        elif service in self._handlers:
            handler = self._handlers[service][1]
            handler(request, lambda good, values: self._respond(client, asked, id_, good, values))
        elif provider is not None:
            key = self.calls.begin(Call(provider, client, id_, asked, time.monotonic()))
            if key is None:
                self._respond(client, asked, id_, False, f"Too many calls are under way; {service[:80]} was not asked.")
            else:
                provider.send(encode({"op": "call_service", "service": service, "id": key, "args": request}), "")
        else:
            self._respond(client, asked, id_, False, f"There is no service {service[:80]}.")

    def _on_service_response(self, client: Client, operation: Operation, service: str) -> None:
        good, values = operation.get("result") is not False, operation.get("values", {})
        if not self.calls.answered(client, str(operation.get("id")), good, values):
            raise MessageError(f"Nobody waits for this answer of {service[:80]}.")

    def _on_advertise_service(self, client: Client, operation: Operation, service: str) -> None:
        taken = service in self._handlers or any(service in c.offered for c in self.clients)
        if taken or not permitted(service, self.policy.offer):
            raise MessageError(f"Offering {service[:80]} is not allowed here.")
        self._known(client, service)
        client.offered.add(service)

    def _on_unadvertise_service(self, client: Client, operation: Operation, service: str) -> None:
        client.offered.discard(service)
        self.calls.withdraw(client, service)


    # Actions.

    def _on_send_action_goal(self, client: Client, operation: Operation, action: str) -> None:
        id_, values = operation.get("id"), operation.get("args", {})
        if not (isinstance(id_, str) and 0 < len(id_) <= 200):
            raise MessageError("The id of a goal should be a short string.")
        if not isinstance(values, Mapping):
            raise MessageError(f"The goal of {action[:80]} should be an object.")
        key, asked = (client, id_), operation["action"]
        if key in self._goals or sum(one is client for one, _ in self._goals) >= self.policy.goals:
            raise MessageError(f"{action[:80]}: a goal's id is its own, and {self.policy.goals} at most are under way.")

        def send(told: dict[str, Any]) -> None:
            def now() -> None:
                if client in self.clients:
                    client.send(encode({**told, "id": id_, "action": asked}), "")
                if told["op"] == "action_result":
                    self._goals.pop(key, None)

            self.post(now)

        goal = Goal(action, values, send, operation.get("feedback") is True)
        if action not in self._actions or not permitted(action, self.policy.services):
            goal.finish(ABORTED, f"There is no action {action[:80]} here, or it is not allowed.", good=False)
            return
        self._goals[key] = goal
        refusal = self._actions[action][1](goal)
        if isinstance(refusal, str):
            goal.finish(ABORTED, refusal, good=False)

    def _on_cancel_action_goal(self, client: Client, operation: Operation, action: str) -> None:
        goal = self._goals.get((client, str(operation.get("id"))))
        if goal is None or goal.action != action:
            raise MessageError(f"No goal of this id is under way at {action[:80]}.")
        goal.cancel()


def _text(operation: Operation, name: str) -> str:
    value = operation.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise MessageError(f"{operation['op']} needs a {name}, a short string.")
    return value if value.startswith("/") else f"/{value}"


def _number(operation: Operation, name: str) -> float:
    value = operation.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise MessageError(f"{name} should be a number of 0 or more.")
    return float(value)
