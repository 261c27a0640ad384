"""ROS 2 itself as a wire, where the user's Python has rclpy; it is never needed."""

import importlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from innervate.errors import InnervateError
from innervate.launch.ros.bridge.errors import MessageError, NoAnswerError, WireError
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.rclpy_messages import fill, interface, to_dict
from innervate.launch.ros.bridge.wire import Handler, OnMessage

ADAPT_S = 0.1
"""Between two looks at what publishers offer."""
QUIET_S, SETTLE_LOOK_S = 0.5, 0.05
"""A graph that has not changed for so long is taken to be known; it is looked at so often."""
DEPTH = 10


class _Listening:
    """One topic that is received: in several ways where its publishers differ."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.receivers: list[Callable[[Any], None]] = []
        self.subscriptions: dict[tuple[bool, bool], Any] = {}
        """By whether it is reliable, and whether it asks for the last message of before."""

    def receive(self, message: Any) -> None:
        """A message that came in one of the ways."""
        for receiver in self.receivers:
            receiver(message)


class RclpyWire:
    """A node with its own executor thread.

    What is received has the quality of service that its publishers offer: reliable where all of them are and it is
    asked for, best effort else, with the last message where they keep it for those who come later; publishers are
    looked at again as they come and go. Commands and states are published reliably with a depth of 1: a robot that
    joins late or falls behind gets no old command.

    Args:
        name: of the node.
        reliable: receive reliably where the publisher does, too; for a simulation in lock-step, and for what is paced
            by the robot's state, which must not lose a message.

    Raises:
        WireError: this Python has no rclpy.
    """

    def __init__(self, name: str = "innervate", *, reliable: bool = False) -> None:
        try:
            self._rclpy: Any = importlib.import_module("rclpy")
            executors: Any = importlib.import_module("rclpy.executors")
            self._qos: Any = importlib.import_module("rclpy.qos")
            groups: Any = importlib.import_module("rclpy.callback_groups")
        except ImportError as error:
            raise WireError(
                "This Python has no rclpy. Source your ROS 2 installation and use its Python, or use a rosbridge: "
                "--transport rosbridge --uri ws://HOST:9090"
            ) from error
        self.description = f"ROS 2 node {name}"
        self.last_problem = ""
        qos = self._qos
        self._latched = qos.QoSProfile(
            depth=1, reliability=qos.ReliabilityPolicy.RELIABLE, durability=qos.DurabilityPolicy.TRANSIENT_LOCAL
        )
        self._wants_reliable = reliable
        self._outgoing = qos.QoSProfile(depth=100 if reliable else 1, reliability=qos.ReliabilityPolicy.RELIABLE)
        self._context = self._rclpy.context.Context()
        self._rclpy.init(context=self._context)
        self._node = self._rclpy.create_node(name, context=self._context)
        self._executor = executors.MultiThreadedExecutor(4, context=self._context)
        self._executor.add_node(self._node)
        self._services_group = groups.ReentrantCallbackGroup()
        self._publishers: dict[str, tuple[Any, Any]] = {}
        self._clients: dict[str, Any] = {}
        self._listening: dict[str, _Listening] = {}
        self._lock = threading.Lock()
        self._node.create_timer(ADAPT_S, self._adapt, callback_group=self._services_group)
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
        self._advertise(topic, type_, self._outgoing)

    def latch(self, topic: str, type_: str) -> None:
        """The same of a topic whose last message is kept for those who come later."""
        self._advertise(topic, type_, self._latched)

    def _advertise(self, topic: str, type_: str, quality: Any) -> None:
        try:
            kind = interface(type_)
        except WireError as error:
            self.last_problem = str(error)
            return
        self._publishers[topic] = (self._node.create_publisher(kind, topic, quality), kind)

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

        with self._lock:
            one = self._listening.setdefault(topic, _Listening(interface(type_)))
            one.receivers.append(receive)
            self._match(topic, one)

    def _adapt(self) -> None:
        with self._lock:
            for topic, one in self._listening.items():
                self._match(topic, one)

    def _match(self, topic: str, one: "_Listening") -> None:
        """Subscribe in every way that some publisher offers and no other covers.

        A best-effort subscription matches every publisher, a reliable one loses nothing, and one that asks for the last
        message of before gets it only from publishers that keep it.
        """
        reliability, durability = self._qos.ReliabilityPolicy, self._qos.DurabilityPolicy
        offers = [
            (info.qos_profile.reliability == reliability.RELIABLE,
             info.qos_profile.durability == durability.TRANSIENT_LOCAL)
            for info in self._node.get_publishers_info_by_topic(topic)
        ]  # fmt: skip
        wanted: set[tuple[bool, bool]] = set()
        for reliable, kept in offers:
            wanted.add((reliable and (kept or self._wants_reliable), reliable and kept))
        wanted = wanted or {(False, False)}
        if (False, False) in wanted:  # it hears all of the present; what is kept from before comes besides
            wanted -= {(True, False)}
        for way in wanted - one.subscriptions.keys():
            profile = self._qos.QoSProfile(
                depth=DEPTH, reliability=reliability.RELIABLE if way[0] else reliability.BEST_EFFORT,
                durability=durability.TRANSIENT_LOCAL if way[1] else durability.VOLATILE,
            )  # fmt: skip
            one.subscriptions[way] = self._node.create_subscription(one.kind, topic, one.receive, profile)
        for way in one.subscriptions.keys() - wanted:
            self._node.destroy_subscription(one.subscriptions.pop(way))

    def call(self, service: str, type_: str, request: Message, timeout_s: float = 5.0) -> dict[str, Any]:
        """Call a service and wait for its answer."""
        kind = interface(type_)
        client = self._clients.get(service)
        if client is None:
            client = self._clients[service] = self._node.create_client(
                kind, service, callback_group=self._services_group
            )
        if not client.wait_for_service(timeout_s):
            raise WireError(f"There is no service {service} after {timeout_s:g} s.")
        answer: Future[Any] = Future()

        def done(asked: Any) -> None:
            if not answer.cancelled():
                answer.set_result(asked.result())

        asked = client.call_async(fill(kind.Request(), request))
        asked.add_done_callback(done)
        try:
            return to_dict(answer.result(timeout_s))
        except FutureTimeout:
            client.remove_pending_request(asked)
            # The next call introduces itself anew: a server that missed this client's first words never answers it.
            if self._clients.get(service) is client:
                self._node.destroy_client(self._clients.pop(service))
            raise NoAnswerError(f"{service} did not answer within {timeout_s:g} s.") from None

    def offer(self, service: str, type_: str, handler: Handler) -> None:
        """Answer a service; one whose type this ROS installation lacks is left out."""
        try:
            kind = interface(type_)
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
        """The ROS graph as this node sees it; of a topic that others are at, with the type that they give it."""
        found = {name: types[0] for name, types in self._node.get_topic_names_and_types()}
        own = self._publishers.keys() | self._listening.keys()
        for name in found.keys() & own:
            others = [*self._others(self._node.get_publishers_info_by_topic(name)),
                      *self._others(self._node.get_subscriptions_info_by_topic(name))]  # fmt: skip
            if others:
                found[name] = next(iter(others)).topic_type
            elif name not in self._publishers:
                del found[name]  # nobody but this node knows of it
        return found

    def _others(self, infos: Any) -> list[Any]:
        mine = (self._node.get_name(), self._node.get_namespace())
        return [info for info in infos if (info.node_name, info.node_namespace) != mine]

    def publishers(self, topic: str) -> tuple[str, ...]:
        """Nodes that publish on a topic, without this one."""
        return tuple(info.node_name for info in self._others(self._node.get_publishers_info_by_topic(topic)))

    def subscribers(self, topic: str) -> tuple[str, ...]:
        """Nodes that listen to a topic, without this one."""
        return tuple(info.node_name for info in self._others(self._node.get_subscriptions_info_by_topic(topic)))

    def dialect(self) -> str:
        """ROS 2's own."""
        return "ros2"

    def settle(self, topic: str, timeout_s: float) -> None:
        """Until the graph has not changed for a while and every publisher of the topic is connected."""
        until, quiet, last = time.monotonic() + timeout_s, 0.0, None
        while time.monotonic() < until and quiet < QUIET_S:
            with self._lock:
                one = self._listening.get(topic)
                if one is not None:
                    self._match(topic, one)
                    connected = all(s.get_publisher_count() for s in one.subscriptions.values())
                else:
                    connected = True
            publishers = self.publishers(topic)
            graph = (publishers, sorted(self._node.get_node_names()))
            steady = graph == last and (connected or not publishers)
            quiet, last = quiet + SETTLE_LOOK_S if steady else 0.0, graph
            time.sleep(SETTLE_LOOK_S)

    def close(self) -> None:
        """Shut the node down."""
        if self._context.ok():
            self._executor.shutdown(timeout_sec=1)
            self._thread.join(timeout=2)
            self._node.destroy_node()
            self._rclpy.shutdown(context=self._context)
