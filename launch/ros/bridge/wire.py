"""What the bridge needs of a way to the robot, whichever it is: rosbridge as a client or as a server, or rclpy."""

import logging
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from innervate.errors import InnervateError
from innervate.launch.ros.bridge.messages import Message

OnMessage = Callable[[Message, float], object]
"""Called with a message and the time of its arrival (`time.monotonic`), in the wire's own thread: be quick. A string
in return says why it was refused; a wire that can tells the sender."""
Handler = Callable[[Message], Message]
"""Answers a service request; raise `InnervateError` to refuse it."""


def answered(handler: Handler, request: Message) -> tuple[bool, Any]:
    """Whether a service succeeded, and its response or else, in words, why not; the caller gets an answer always."""
    try:
        return True, dict(handler(request))
    except InnervateError as error:
        return False, str(error)
    except Exception as error:
        logging.getLogger(__name__).exception("a service failed")
        return False, f"{type(error).__name__}: {error}"


@runtime_checkable
class Wire(Protocol):
    """Topics and services of a robot. Messages are dictionaries with ROS 2's names, on every wire."""

    @property
    def last_problem(self) -> str:
        """What went wrong last, in words; empty if nothing did."""
        ...

    @property
    def description(self) -> str:
        """For people: what this is connected to."""
        ...

    def advertise(self, topic: str, type_: str) -> None:
        """Announce that this side publishes."""
        ...

    def publish(self, topic: str, message: Message) -> bool:
        """Send now or not at all: False while there is no connection, or if it does not keep up; nothing is queued.

        Raises `MessageError` for a message that is not finite.
        """
        ...

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        """Receive from now on, over reconnections too."""
        ...

    def call(self, service: str, type_: str, request: Message, timeout_s: float = 5.0) -> dict[str, Any]:
        """Call a service; raises `WireError` if it is refused, fails or does not answer in time."""
        ...

    def offer(self, service: str, type_: str, handler: Handler) -> None:
        """Answer a service from now on."""
        ...

    def alive(self) -> bool:
        """Whether there is a connection at this moment."""
        ...

    def topics(self) -> dict[str, str]:
        """Topics with their types as the other side knows them; raises `WireError` where it cannot say."""
        ...

    def close(self) -> None:
        """Leave; a second call does nothing."""
        ...


@runtime_checkable
class Latching(Protocol):
    """What a wire adds that keeps a topic's last message for those who come later."""

    def latch(self, topic: str, type_: str) -> None:
        """Announce such a topic."""
        ...


def advertise_latched(wire: Wire, topic: str, type_: str) -> None:
    """Announce a topic whose last message is kept, where the wire can."""
    (wire.latch if isinstance(wire, Latching) else wire.advertise)(topic, type_)


@runtime_checkable
class Parametric(Protocol):
    """What a wire adds that answers for parameters, as ROS 1 keeps them."""

    def parameter(self, name: str, value: str) -> None:
        """Say what a parameter is."""
        ...


@runtime_checkable
class Graph(Protocol):
    """What a wire adds that knows who else is there."""

    def publishers(self, topic: str) -> tuple[str, ...] | None:
        """Names of the others that publish on a topic; None where nobody can say."""
        ...

    def subscribers(self, topic: str) -> tuple[str, ...] | None:
        """Names of the others that listen to a topic; None where nobody can say."""
        ...

    def dialect(self) -> str | None:
        """`ros1` or `ros2`, as the other side speaks; None where it does not show."""
        ...

    def settle(self, topic: str, timeout_s: float) -> None:
        """Until what is published on a subscribed topic arrives here, as far as that can be known."""
        ...


def graph_of(wire: Wire) -> Graph | None:
    """What a wire knows of the others, if it does."""
    return wire if isinstance(wire, Graph) else None
