"""What a robot publishes, shown in Foxglove over its own protocol; commands and services stay with the wire.

The server is Foxglove's own SDK (MIT; `pip install 'innervate[foxglove]'`).
"""

import importlib
from dataclasses import dataclass
from typing import Any

from innervate.errors import MissingExtraError
from innervate.launch.ros.bridge.cdr import encode
from innervate.launch.ros.bridge.definitions import DEFINITIONS, canonical, full_text
from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.messages import Message, stamp_seconds
from innervate.launch.ros.bridge.named_wire import NamedWire
from innervate.launch.ros.bridge.wire import Wire

CLOCK = "rosgraph_msgs/msg/Clock"


class FoxgloveServer:
    """Topics for any number of Foxglove windows, as ROS 2 messages (CDR) with their definitions.

    Args:
        bind: address; on another one than loopback every machine that reaches it reads along.
        port: 0 for any free one.

    Raises:
        MissingExtraError: the SDK is not installed.
        WireError: the address is taken or not to be had.
    """

    def __init__(self, bind: str = "127.0.0.1", port: int = 8765) -> None:
        try:
            self._sdk: Any = importlib.import_module("foxglove")
            websocket: Any = importlib.import_module("foxglove.websocket")
        except ImportError as error:
            raise MissingExtraError("foxglove-sdk", "foxglove") from error
        self._sdk.set_log_level("ERROR")
        self._context: Any = self._sdk.Context()
        self._channels: dict[str, tuple[Any, str]] = {}
        self._kept: dict[str, Message] = {}
        """The last message of each topic that keeps it for those who come later."""
        try:
            self._server: Any = self._sdk.start_server(
                name="innervate", host=bind, port=port, context=self._context, server_listener=self,
                capabilities=[websocket.Capability.Time],
            )  # fmt: skip
        except Exception as error:  # whatever the library has: its errors have no class of their own
            raise WireError(f"{bind}:{port} cannot be listened on ({error}); choose another --foxglove.") from error
        self.uri = f"ws://{f'[{bind}]' if ':' in bind else bind}:{self._server.port}"
        """Where Foxglove connects: Open connection, Foxglove WebSocket."""

    def add(self, topic: str, type_: str) -> None:
        """Offer a topic; one whose type the bridge does not speak is left out."""
        kind = canonical(type_)
        if kind in DEFINITIONS and topic not in self._channels:
            schema = self._sdk.Schema(name=kind, encoding="ros2msg", data=full_text(kind).encode())
            channel = self._sdk.Channel(topic, message_encoding="cdr", schema=schema, context=self._context)
            self._channels[topic] = (channel, kind)

    def show(self, topic: str, message: Message, *, keep: bool = False) -> None:
        """To those who look, encoded only if anyone does; with `keep`, also to those who will."""
        if topic not in self._channels:
            return
        channel, kind = self._channels[topic]
        if keep:
            self._kept[topic] = message
        if kind == CLOCK:
            self._server.broadcast_time(round(stamp_seconds(message["clock"]) * 1e9))
        if channel.has_sinks():
            channel.log(encode(kind, message))

    def on_subscribe(self, client: Any, channel: Any) -> None:
        """Called by the SDK, in a thread of its own, when a window begins to look at a topic."""
        del client
        kept = self._kept.get(channel.topic)
        if kept is not None:
            self.show(channel.topic, kept)

    def close(self) -> None:
        """Close every window's connection and free the port."""
        self._server.stop()


@dataclass(frozen=True)
class Shown(NamedWire):
    """`wire`, whose own topics Foxglove shows, too."""

    server: FoxgloveServer
    kept: set[str]
    """Topics whose last message is kept."""

    def advertise(self, topic: str, type_: str) -> None:
        """On both."""
        self.server.add(self.full(topic), type_)
        super().advertise(topic, type_)

    def latch(self, topic: str, type_: str) -> None:
        """On both."""
        self.kept.add(self.full(topic))
        self.server.add(self.full(topic), type_)
        super().latch(topic, type_)

    def publish(self, topic: str, message: Message) -> bool:
        """To both."""
        out = super().publish(topic, message)
        self.server.show(self.full(topic), message, keep=self.full(topic) in self.kept)
        return out

    def close(self) -> None:
        """Both."""
        self.server.close()
        super().close()


def shown(wire: Wire, server: FoxgloveServer) -> Wire:
    """`wire`, and Foxglove beside it."""
    return Shown(wire, lambda name: name, server, set())
