"""The robot file: which topic is which observation, which command is which action, and what the robot may be told.

One typed table in TOML or JSON. Every number of an entry is in the entry's `unit`, which is the unit on the wire; the
controller sees SI units. In both directions `wire = sign * controller + offset`.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from innervate.files import write_text_atomically
from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.errors import RobotFileError
from innervate.launch.ros.bridge.names import Names, check_name
from innervate.launch.ros.command import Command
from innervate.launch.ros.emergency import EmergencyStop
from innervate.launch.ros.observation import Observation
from innervate.launch.ros.robot_text import toml_text
from innervate.launch.ros.safety import Limits, SafetyConfig
from innervate.launch.ros.typed import load_document, typed
from innervate.launch.ros.units import spread

FORMAT = 2
READABLE = (1, 2)
"""Format 1 held positions at the last target and counted rate limits by steps; its files are read as they are now."""


@dataclass(frozen=True, kw_only=True)
class Robot:
    """A robot as a controller meets it."""

    format: int
    """Of this file: which version of innervate can read it."""
    control_step_s: float
    """Time between two commands; the controller's own, from training."""
    observation: tuple[Observation, ...]
    """What the controller reads."""
    command: Command
    """What it sends."""
    uri: str = "ws://127.0.0.1:9090"
    """Of the rosbridge; a command-line option goes before it."""
    dialect: Literal["ros2", "ros1"] = "ros2"
    """What the robot behind the rosbridge runs."""
    clock: Literal["wall", "sim"] = "wall"
    """What header stamps are compared with: this computer's time, or the topic /clock."""
    pace: Literal["clock", "state"] = "clock"
    """A command at each tick of one's own clock, or at a complete new set of observations once a control step."""
    position: Observation | None = None
    """Measured positions of the command's joints; a must for commands of positions and for `travel`."""
    travel: tuple[tuple[float, float], ...] = ()
    """Ends of the measured position, a pair a joint, beyond which no velocity or effort pushes on; in its unit."""
    safety: SafetyConfig = field(default_factory=SafetyConfig)
    """How careful to be."""
    emergency_stop_topic: str = "/emergency_stop"
    """What is told there latches the stop; only a release ends it."""
    emergency_stop_type: str = "std_msgs/msg/Bool"
    """A Bool (all but false stops), an Empty (stops), or an Int or UInt of any size (all but 0 stops)."""
    emergency_stop_heartbeat_s: float = 0.0
    """Where above 0: unless something came on the stop topic within this time, the robot rests."""
    node: str = ""
    """Name of the drive in its services, /innervate/NAME/emergency_stop and release; by default one of its own."""
    namespace: str = ""
    """Before all names that have no slash in front."""
    remap: tuple[tuple[str, str], ...] = ()
    """Names and what they are called instead."""
    tf_prefix: str = ""
    """Before the frames that observations name."""
    reset_service: str = ""
    """std_srvs/srv/Trigger; for simulations."""
    reward_topic: str = ""
    terminated_topic: str = ""
    truncated_topic: str = ""
    """std_msgs/msg/Float64, Bool and Bool, for a robot as an environment."""
    allow_topics: tuple[str, ...] = ()
    """Glob patterns; where given, no other topic is ever subscribed to or published on."""

    def __post_init__(self) -> None:
        if self.format not in READABLE:
            raise RobotFileError(
                f"The robot file is of format {self.format}; this innervate reads formats {READABLE[0]} to {FORMAT}. "
                "Write one of this version, to compare, with: innervate ros robot TASK --out new.toml"
            )
        if not (math.isfinite(self.control_step_s) and self.control_step_s > 0):
            raise RobotFileError(f"control_step_s must be a positive number of seconds, got {self.control_step_s}.")
        self._check_position()
        for name in ("emergency_stop_topic", "reset_service", "reward_topic", "terminated_topic", "truncated_topic"):
            if getattr(self, name) or name == "emergency_stop_topic":
                check_name(getattr(self, name), name)
        for name in ("node", "tf_prefix"):
            if getattr(self, name):
                check_name(getattr(self, name), name)
        self.emergency_stop()
        self.names()
        self.limits()

    def _check_position(self) -> None:
        names = [o.name for o in self.observations()]
        if not self.observation or len(set(names)) < len(names):
            raise RobotFileError(f"Observations (and position) need names, each once, got {names}.")
        if self.position is not None and len(self.position.joints) != len(self.command.joints):
            raise RobotFileError("position must name one joint for each of the command, in the same order.")
        if self.position is not None and not (
            self.position.sign == 1.0 and self.position.offset == 0.0 and self.position.unit == self.command.unit
        ):
            raise RobotFileError("position is what is on the wire: it has no sign, no offset, and the command's unit.")
        if self.position is None and (self.command.kind == "position" or self.travel):
            raise RobotFileError(
                "Commands of positions, and ends of travel, need the measured positions: add a [position] table."
            )

    def observations(self) -> tuple[Observation, ...]:
        """Those of the controller, and the measured positions."""
        return (*self.observation, *((self.position,) if self.position is not None else ()))

    def emergency_stop(self) -> EmergencyStop:
        """How the stop is told."""
        return EmergencyStop(
            self.emergency_stop_topic, canonical(self.emergency_stop_type), self.emergency_stop_heartbeat_s
        )

    def names(self) -> Names:
        """How the robot calls what this file names."""
        return Names(self.namespace, self.remap)

    def named(self) -> tuple[str, ...]:
        """All names of topics and services in this file."""
        own = (self.command.topic, self.emergency_stop_topic, self.reset_service, self.reward_topic)
        return tuple(filter(None, (*self.topics(), *own, self.terminated_topic, self.truncated_topic)))

    def limits(self) -> Limits:
        """What the safety layer holds commands to."""
        c, n = self.command, len(self.command.joints)
        return Limits(
            joints=c.joints, kind=c.kind, travel=self.travel,
            low=tuple(spread(c.low, n, "low")), high=tuple(spread(c.high, n, "high")),
            rate_per_s=tuple(spread(c.rate_per_s, n, "rate_per_s")),
        )  # fmt: skip

    def topics(self) -> dict[str, str]:
        """Every topic that observations come from, with its type."""
        return {o.topic: canonical(o.type) for o in self.observations() if o.topic}


def load_robot(path: Path) -> Robot:
    """A robot file; raises `RobotFileError` or `UnknownNameError` with the entry that is wrong."""
    return typed(Robot, load_document(path), path.name)


def robot_from(document: Any) -> Robot:
    """The same from a table that has been read already."""
    return typed(Robot, document, "the robot")


def save_robot(path: Path, robot: Robot) -> None:
    """Write a robot file as JSON or, by its suffix, as TOML with every field explained."""
    if path.suffix == ".json":
        document = {k: v for k, v in asdict(robot).items() if v is not None}
        write_text_atomically(path, json.dumps(document, indent=1) + "\n")
    else:
        write_text_atomically(path, toml_text(robot))
