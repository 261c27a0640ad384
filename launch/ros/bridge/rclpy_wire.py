"""ROS 2 itself as a wire, where the user's Python has rclpy; it is never needed."""

import importlib
import threading
import time
from array import array
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

import numpy as np

from innervate.errors import InnervateError
from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.wire import Handler, OnMessage
from innervate.launch.ros.errors import MessageError, WireError

_SEQUENCE = "sequence<"


def _interface(type_: str) -> Any:
    package, group, name = canonical(type_).split("/")
    try:
        return getattr(importlib.import_module(f"{package}.{group}"), name)
    except (ImportError, AttributeError) as error:
        mend = f"install ros-$ROS_DISTRO-{package.replace('_', '-')}"
        raise WireError(f"This ROS installation has no {type_}; {mend}.") from error


def to_dict(message: Any) -> Any:
    """A ROS message as nested dictionaries; sequences of numbers as arrays, bytes as bytes."""
    if hasattr(message, "get_fields_and_field_types"):
        return {name: to_dict(getattr(message, name)) for name in message.get_fields_and_field_types()}
    if isinstance(message, np.ndarray):
        return message.copy()
    if hasattr(message, "typecode"):  # array.array
        return message.tobytes() if message.typecode == "B" else np.asarray(message)
    if isinstance(message, list | tuple):
        return [to_dict(one) for one in message]
    return message


def fill(target: Any, values: Message) -> Any:
    """A ROS message filled from dictionaries; fields that are not given stay zero."""
    kinds = target.get_fields_and_field_types()
    for name, value in values.items():
        if name not in kinds:
            raise MessageError(f"{type(target).__name__} has no field {name!r}; it has {', '.join(kinds)}.")
        present = getattr(target, name)
        if hasattr(present, "get_fields_and_field_types"):
            fill(present, value)
        elif isinstance(present, list) and value and isinstance(value[0], dict):
            element = kinds[name].removeprefix(_SEQUENCE).split(",")[0].rstrip(">")
            package, kind = element.split("/")
            setattr(target, name, [fill(_interface(f"{package}/msg/{kind}")(), one) for one in value])
        elif isinstance(value, bytes):
            setattr(target, name, array("B", value))
        else:
            setattr(target, name, float(value) if isinstance(present, float) else value)
    return target


class RclpyWire:
    """A node with its own executor thread.

    State is received with sensor QoS (best effort, newest first), commands and states are published reliably with a
    depth of 1: a robot that joins late or falls behind gets no old command.

    Args:
        name: of the node.
        reliable: receive reliably too; for a simulation in lock-step, which must not lose a message.

    Raises:
        WireError: this Python has no rclpy.
    """

    def __init__(self, name: str = "innervate", *, reliable: bool = False) -> None:
        try:
            self._rclpy: Any = importlib.import_module("rclpy")
            executors: Any = importlib.import_module("rclpy.executors")
            qos: Any = importlib.import_module("rclpy.qos")
            groups: Any = importlib.import_module("rclpy.callback_groups")
        except ImportError as error:
            raise WireError(
                "This Python has no rclpy. Source your ROS 2 installation and use its Python, or use a rosbridge: "
                "--transport rosbridge --uri ws://HOST:9090"
            ) from error
        self.description = f"ROS 2 node {name}"
        self.last_problem = ""
        self._reliable = qos.QoSProfile(depth=1, reliability=qos.ReliabilityPolicy.RELIABLE)
        deep = qos.QoSProfile(depth=100, reliability=qos.ReliabilityPolicy.RELIABLE)
        self._incoming = deep if reliable else qos.qos_profile_sensor_data
        self._outgoing = deep if reliable else self._reliable
        self._context = self._rclpy.context.Context()
        self._rclpy.init(context=self._context)
        self._node = self._rclpy.create_node(name, context=self._context)
        self._executor = executors.MultiThreadedExecutor(4, context=self._context)
        self._executor.add_node(self._node)
        self._services_group = groups.ReentrantCallbackGroup()
        self._publishers: dict[str, tuple[Any, Any]] = {}
        self._clients: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._spin, name="rclpy", daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except Exception as error:  # the executor's own, at shutdown
            if self._context.ok():
                self.last_problem = str(error)

    def advertise(self, topic: str, type_: str) -> None:
        """Announce a topic; one whose type this ROS installation lacks is left out."""
        try:
            kind = _interface(type_)
        except WireError as error:
            self.last_problem = str(error)
            return
        self._publishers[topic] = (self._node.create_publisher(kind, topic, self._outgoing), kind)

    def publish(self, topic: str, message: Message) -> bool:
        """Send now; see `Wire`."""
        if topic not in self._publishers:
            return False
        publisher, kind = self._publishers[topic]
        try:
            publisher.publish(fill(kind(), message))
        except (AssertionError, TypeError) as error:
            raise MessageError(f"{topic} is not sent: {error}") from error
        return True

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        """Receive a topic."""

        def receive(message: Any) -> None:
            now = time.monotonic()
            try:
                on_message(to_dict(message), now)
            except InnervateError as error:
                self.last_problem = str(error)

        self._node.create_subscription(_interface(type_), topic, receive, self._incoming)

    def call(self, service: str, type_: str, request: Message, timeout_s: float = 5.0) -> dict[str, Any]:
        """Call a service and wait for its answer."""
        kind = _interface(type_)
        client = self._clients.get(service)
        if client is None:
            client = self._clients[service] = self._node.create_client(
                kind, service, callback_group=self._services_group
            )
        if not client.wait_for_service(timeout_s):
            raise WireError(f"There is no service {service} after {timeout_s:g} s.")
        answer: Future[Any] = Future()

        def done(asked: Any) -> None:
            answer.set_result(asked.result())

        client.call_async(fill(kind.Request(), request)).add_done_callback(done)
        try:
            return to_dict(answer.result(timeout_s))
        except FutureTimeout:
            raise WireError(f"{service} did not answer within {timeout_s:g} s.") from None

    def offer(self, service: str, type_: str, handler: Handler) -> None:
        """Answer a service; one whose type this ROS installation lacks is left out."""
        try:
            kind = _interface(type_)
        except WireError as error:
            self.last_problem = str(error)
            return

        def answer(request: Any, response: Any) -> Any:
            try:
                return fill(response, handler(to_dict(request)))
            except InnervateError as error:
                self.last_problem = str(error)
                return fill(response, {"success": False, "message": str(error)})

        self._node.create_service(kind, service, answer, callback_group=self._services_group)

    def alive(self) -> bool:
        """Whether the node runs; that the robot does is seen by its messages alone."""
        return self._context.ok()

    def topics(self) -> dict[str, str]:
        """The ROS graph as this node sees it."""
        return {name: types[0] for name, types in self._node.get_topic_names_and_types()}

    def close(self) -> None:
        """Shut the node down."""
        if self._context.ok():
            self._executor.shutdown(timeout_sec=1)
            self._thread.join(timeout=2)
            self._node.destroy_node()
            self._rclpy.shutdown(context=self._context)
