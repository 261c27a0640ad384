"""How far a robot or a drive is, as ROS 2's managed nodes have it, on a topic that keeps its last message."""

from typing import Literal

from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.wire import Wire, advertise_latched

Stage = Literal["unconfigured", "inactive", "active", "error"]
"""Not ready yet, or gone; ready and at rest; moving by commands; stopped by a mistake that somebody must look at."""


class Lifecycle:
    """Tells each change on `topic`, a std_msgs/String; where the wire may not have the topic, nobody is told."""

    def __init__(self, wire: Wire, topic: str) -> None:
        self.topic, self.stage = topic, ""
        self._wire: Wire | None = wire
        try:
            advertise_latched(wire, topic, "std_msgs/msg/String")
        except WireError:  # not among the allowed topics
            self._wire = None
        self.set("unconfigured")

    def set(self, stage: Stage) -> None:
        """Now so; told if it is news, and told again where it could not be told before."""
        if stage != self.stage and self._wire is not None and self._wire.publish(self.topic, {"data": stage}):
            self.stage = stage
