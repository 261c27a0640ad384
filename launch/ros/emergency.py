"""How an emergency stop is told: on which topic, in which type, and whether silence stops too."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from innervate.errors import UnknownNameError
from innervate.launch.ros.bridge.errors import RobotFileError

BOOL, EMPTY = "std_msgs/msg/Bool", "std_msgs/msg/Empty"
WHOLE = tuple(f"std_msgs/msg/{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
STOP_TYPES = (BOOL, EMPTY, *WHOLE)


@dataclass(frozen=True)
class EmergencyStop:
    """What stops a robot, read so that in doubt it stops."""

    topic: str
    type: str
    heartbeat_s: float = 0.0
    """Longest silence on the topic that is no stop; 0 where silence says nothing."""

    def __post_init__(self) -> None:
        if self.type not in STOP_TYPES:
            raise RobotFileError(str(UnknownNameError("type of emergency stop", self.type, STOP_TYPES)))
        if not 0 <= self.heartbeat_s < math.inf:
            raise RobotFileError(f"emergency_stop_heartbeat_s must be 0 or more seconds, got {self.heartbeat_s}.")
        if self.heartbeat_s and self.type == EMPTY:
            raise RobotFileError("An Empty stops whenever it comes, so it cannot be a heartbeat: use a Bool or an Int.")

    def pressed(self, message: Mapping[str, Any]) -> bool:
        """Whether a message stops: everything but a clear no."""
        if self.type == EMPTY:
            return True
        data = message.get("data")
        if self.type == BOOL:
            return data is not False
        return isinstance(data, bool) or not isinstance(data, int) or data != 0
