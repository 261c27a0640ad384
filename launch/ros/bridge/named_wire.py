"""A wire with other names: a namespace before relative ones, and remappings."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from innervate.launch.ros.bridge.actions import ActionCalling, ActionServing, OnGoal
from innervate.launch.ros.bridge.errors import RobotFileError, WireError
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.names import Names, check_name
from innervate.launch.ros.bridge.wire import Handler, OnMessage, Parametric, Wire, advertise_latched, graph_of

GLOBAL = ("/clock", "/tf", "/tf_static")


def remappings(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs from `OLD:=NEW`, as ROS writes them."""
    pairs: list[tuple[str, str]] = []
    for text in texts:
        old, mark, new = text.partition(":=")
        if not mark:
            raise RobotFileError(f"A remapping is OLD:=NEW, not {text!r}.")
        pairs.append((old, new))
    return pairs


def renamed(wire: Wire, full: Callable[[str], str], names: Iterable[str]) -> Wire:
    """`wire` itself, where `full` leaves all `names` as they are; else with other names."""
    return wire if all(full(name) == name for name in names) else NamedWire(wire, full)


def in_namespace(wire: Wire, namespace: str, remap: Iterable[tuple[str, str]] = ()) -> Wire:
    """`wire` with every name below `namespace`, but for those that one ROS has one of, and then remapped.

    What is remapped may be named as it is in the namespace, or as it would be without one.
    """
    name, pairs = namespace.strip("/"), tuple(remap)
    if not name and not pairs:
        return wire
    if name:
        check_name(name, "namespace")
    Names("", pairs)  # refuses what is no name

    def below(topic: str) -> str:
        return f"/{name}/{topic.lstrip('/')}" if name and topic not in GLOBAL else f"/{topic.lstrip('/')}"

    new = {(old if old.startswith(f"/{name}/") and name else below(old)): target for old, target in pairs}
    new = {old: target if target.startswith("/") else below(target) for old, target in new.items()}
    return NamedWire(wire, lambda topic: new.get(below(topic), below(topic)))


def calls_actions(wire: Wire) -> bool:
    """Whether goals can be sent over a wire, whatever its names."""
    return calls_actions(wire.wire) if isinstance(wire, NamedWire) else isinstance(wire, ActionCalling)


@dataclass(frozen=True)
class NamedWire:
    """`wire`, on which every name is what `full` makes of it."""

    wire: Wire
    full: Callable[[str], str]

    @property
    def last_problem(self) -> str:
        """Of the wire."""
        return self.wire.last_problem

    @property
    def description(self) -> str:
        """Of the wire."""
        return self.wire.description

    def advertise(self, topic: str, type_: str) -> None:
        """Under its full name."""
        self.wire.advertise(self.full(topic), type_)

    def latch(self, topic: str, type_: str) -> None:
        """Under its full name."""
        advertise_latched(self.wire, self.full(topic), type_)

    def parameter(self, name: str, value: str) -> None:
        """Under its full name, where the wire has parameters."""
        if isinstance(self.wire, Parametric):
            self.wire.parameter(self.full(name), value)

    def act(self, action: str, type_: str, on_goal: OnGoal) -> None:
        """Under its full name, where the wire has actions."""
        if isinstance(self.wire, ActionServing):
            self.wire.act(self.full(action), type_, on_goal)

    def send_goal(self, action: str, type_: str, goal: Message) -> bool:
        """Under its full name; raises `WireError` where the wire has no actions."""
        if not isinstance(self.wire, ActionCalling):
            raise WireError(f"{action}: actions are called over a rosbridge; {self.description} has none.")
        return self.wire.send_goal(self.full(action), type_, goal)

    def actions(self) -> tuple[str, ...] | None:
        """As the wire knows them."""
        return self.wire.actions() if isinstance(self.wire, ActionCalling) else None

    def publish(self, topic: str, message: Message) -> bool:
        """Under its full name."""
        return self.wire.publish(self.full(topic), message)

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        """Under its full name."""
        self.wire.subscribe(self.full(topic), type_, on_message)

    def call(self, service: str, type_: str, request: Message, timeout_s: float = 5.0) -> dict[str, Any]:
        """Under its full name."""
        return self.wire.call(self.full(service), type_, request, timeout_s)

    def offer(self, service: str, type_: str, handler: Handler) -> None:
        """Under its full name."""
        self.wire.offer(self.full(service), type_, handler)

    def alive(self) -> bool:
        """Whether the wire is."""
        return self.wire.alive()

    def topics(self) -> dict[str, str]:
        """By their full names."""
        return self.wire.topics()

    def close(self) -> None:
        """Close the wire."""
        self.wire.close()

    def publishers(self, topic: str) -> tuple[str, ...] | None:
        """As the wire knows them."""
        graph = graph_of(self.wire)
        return None if graph is None else graph.publishers(self.full(topic))

    def subscribers(self, topic: str) -> tuple[str, ...] | None:
        """As the wire knows them."""
        graph = graph_of(self.wire)
        return None if graph is None else graph.subscribers(self.full(topic))

    def dialect(self) -> str | None:
        """As the wire knows it."""
        graph = graph_of(self.wire)
        return None if graph is None else graph.dialect()

    def settle(self, topic: str, timeout_s: float) -> None:
        """As the wire does."""
        graph = graph_of(self.wire)
        if graph is not None:
            graph.settle(self.full(topic), timeout_s)
