"""The robot file: which topic is which observation, which command is which action, and what the robot may be told.

One typed table in TOML or JSON. Every number of an entry is in the entry's `unit`, which is the unit on the wire; the
controller sees SI units. In both directions `wire = sign * controller + offset`.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from innervate.errors import UnknownNameError
from innervate.launch.ros.bridge.definitions import DEFINITIONS, canonical
from innervate.launch.ros.errors import RobotFileError
from innervate.launch.ros.safety import Kind, Limits, SafetyConfig
from innervate.launch.ros.typed import load_document, typed
from innervate.launch.run.files import write_text_atomically

FORMAT = 1
UNITS: dict[str, float] = {
    "1": 1.0, "rad": 1.0, "m": 1.0, "s": 1.0, "rad/s": 1.0, "m/s": 1.0, "rad/s^2": 1.0, "m/s^2": 1.0, "N": 1.0,
    "N m": 1.0, "deg": math.pi / 180, "deg/s": math.pi / 180, "rpm": 2 * math.pi / 60, "mm": 1e-3, "mm/s": 1e-3,
    "cm": 1e-2, "g": 9.80665,
}  # fmt: skip
"""What one of a unit is in SI."""
COMMAND_TYPES = (
    "std_msgs/msg/Float64MultiArray", "trajectory_msgs/msg/JointTrajectory", "sensor_msgs/msg/JointState",
    "geometry_msgs/msg/Twist", "geometry_msgs/msg/TwistStamped",
)  # fmt: skip
TWIST_AXES = tuple(f"{part}.{axis}" for part in ("linear", "angular") for axis in "xyz")
"""What `joints` are called where the command is a twist."""
Numbers = float | tuple[float, ...]
"""One for all, or one each."""


def spread(values: Numbers, n: int, what: str) -> np.ndarray:
    """`values` as `(n,)`."""
    array = np.asarray(values, np.float64)
    if array.ndim == 1 and len(array) != n:
        raise RobotFileError(f"{what} has {len(array)} numbers for {n} entries; give one for all, or one each.")
    return np.broadcast_to(array, (n,)).copy()


def _factor(unit: str) -> float:
    if unit not in UNITS:
        raise UnknownNameError("unit", unit, UNITS)
    return UNITS[unit]


def _known_type(type_: str, where: str) -> None:
    if canonical(type_) not in DEFINITIONS:
        raise RobotFileError(f"{where}: {UnknownNameError('message type', type_, DEFINITIONS)}")


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One named part of the controller's observation."""

    name: str
    """The controller's name for it, as in `ControllerSpec`."""
    topic: str = ""
    type: str = ""
    field: str = ""
    """Path into the message: `position`, `angular_velocity`, `twist.twist.linear`, `ranges`, `data`, ..."""
    joints: tuple[str, ...] = ()
    """For a JointState: in the controller's order; the robot may tell them in any. For a TFMessage: the child frame."""
    sign: Numbers = 1.0
    offset: Numbers = 0.0
    unit: str = "1"
    max_age_s: float | None = None
    """For this topic alone, in place of the safety layer's."""
    image_size: tuple[int, int] | None = None
    """For a CompressedImage: width and height that it is scaled to; grey values from 0 to 1, row by row."""
    constant: Numbers | None = None
    """Instead of a topic: what a sense that the robot lacks always says, in SI units."""

    def __post_init__(self) -> None:
        where = f"observation {self.name!r}"
        _factor(self.unit)
        if self.constant is not None:
            if self.topic:
                raise RobotFileError(f"{where} has a topic and a constant; it can be only one of them.")
            if not np.isfinite(self.constant).all():
                raise RobotFileError(f"{where}: the constant must be finite, got {self.constant}.")
            return
        if not self.topic.startswith("/"):
            raise RobotFileError(f"{where} needs a topic that begins with '/' (or a constant), got {self.topic!r}.")
        _known_type(self.type, where)
        if len(set(self.joints)) < len(self.joints):
            raise RobotFileError(f"{where} names a joint twice: {', '.join(self.joints)}.")
        if not np.isin(np.abs(self.sign), 1).all():
            raise RobotFileError(f"{where}: sign is 1 or -1, got {self.sign}; scales belong into the unit.")
        if not np.isfinite(self.offset).all():
            raise RobotFileError(f"{where}: offset must be finite, got {self.offset}.")
        kind = canonical(self.type)
        if kind in ("sensor_msgs/msg/JointState", "tf2_msgs/msg/TFMessage") and not self.joints:
            raise RobotFileError(f"{where} reads a {kind}: say which joints (or which child frame), by name.")
        if kind == "sensor_msgs/msg/CompressedImage" and self.image_size is None:
            raise RobotFileError(f"{where} reads pictures: say the image_size that the controller was trained on.")
        if kind == "sensor_msgs/msg/Image":
            raise RobotFileError(
                f"{where} reads raw images, which a rosbridge carries at 4 frames a second with seconds of delay; "
                "use the robot's compressed topic (sensor_msgs/msg/CompressedImage)."
            )

    @property
    def factor(self) -> float:
        """SI units in one unit on the wire."""
        return _factor(self.unit)


@dataclass(frozen=True, kw_only=True)
class Command:
    """How an action becomes a message."""

    topic: str
    type: str
    kind: Kind
    joints: tuple[str, ...]
    """In the controller's order; on the wire in `wire_order` where the robot wants another one."""
    low: Numbers
    high: Numbers
    """Limits on the wire."""
    action_low: Numbers | None = None
    action_high: Numbers | None = None
    """What actions of -1 and 1 mean in SI units: the actuators' limits in training; by default the limits above."""
    rate_per_s: Numbers = math.inf
    sign: Numbers = 1.0
    offset: Numbers = 0.0
    unit: str = "1"
    wire_order: tuple[str, ...] = ()
    frame: str = "base_link"
    """Frame of a TwistStamped."""

    def __post_init__(self) -> None:
        _factor(self.unit)
        if not self.topic.startswith("/"):
            raise RobotFileError(f"The command's topic must begin with '/', got {self.topic!r}.")
        if canonical(self.type) not in COMMAND_TYPES:
            raise RobotFileError(str(UnknownNameError("type of command", self.type, COMMAND_TYPES)))
        if not self.joints or len(set(self.joints)) < len(self.joints):
            raise RobotFileError(f"The command needs joints, each once, got {list(self.joints)}.")
        if self.wire_order and sorted(self.wire_order) != sorted(self.joints):
            raise RobotFileError(f"wire_order must have the same names as joints, got {list(self.wire_order)}.")
        if "Twist" in self.type:
            for name in self.joints:
                if name not in TWIST_AXES:
                    raise UnknownNameError("part of a twist", name, TWIST_AXES)
            if self.kind != "velocity":
                raise RobotFileError("A twist is a velocity; the command's kind says otherwise.")
        if not np.isin(np.abs(self.sign), 1).all():
            raise RobotFileError(f"The command's sign is 1 or -1, got {self.sign}; scales belong into the unit.")
        if self.kind != "position" and np.any(self.offset):
            raise RobotFileError(f"An offset makes sense for positions; with one a {self.kind} of zero would move.")

    @property
    def factor(self) -> float:
        """SI units in one unit on the wire."""
        return _factor(self.unit)


@dataclass(frozen=True, kw_only=True)
class Robot:
    """A robot as a controller meets it."""

    format: int
    control_step_s: float
    """Time between two commands; the controller's own, from training."""
    observation: tuple[Observation, ...]
    command: Command
    uri: str = "ws://127.0.0.1:9090"
    """Of the rosbridge; a command-line option goes before it."""
    dialect: Literal["ros2", "ros1"] = "ros2"
    clock: Literal["wall", "sim"] = "wall"
    """What header stamps are compared with: this computer's time, or the topic /clock."""
    pace: Literal["clock", "state"] = "clock"
    """A command at each tick of one's own clock, or at each complete new set of observations."""
    position: Observation | None = None
    """Measured positions of the command's joints; a must for commands of positions and for `travel`."""
    travel: tuple[tuple[float, float], ...] = ()
    """See `Limits.travel`; in the unit of `position`."""
    safety: SafetyConfig = field(default_factory=SafetyConfig)
    emergency_stop_topic: str = "/emergency_stop"
    """std_msgs/msg/Bool; true latches the stop, only a release ends it."""
    reset_service: str = ""
    """std_srvs/srv/Trigger; for simulations."""
    reward_topic: str = ""
    terminated_topic: str = ""
    truncated_topic: str = ""
    """std_msgs/msg/Float64, Bool and Bool, for a robot as an environment."""
    allow_topics: tuple[str, ...] = ()
    """Glob patterns; where given, no other topic is ever subscribed to or published on."""

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise RobotFileError(f"The robot file is of format {self.format}; this innervate reads format {FORMAT}.")
        if not (math.isfinite(self.control_step_s) and self.control_step_s > 0):
            raise RobotFileError(f"control_step_s must be a positive number of seconds, got {self.control_step_s}.")
        names = [o.name for o in (*self.observation, *((self.position,) if self.position else ()))]
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
        self.limits()

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
        every = (*self.observation, *((self.position,) if self.position else ()))
        return {o.topic: canonical(o.type) for o in every if o.topic}


def load_robot(path: Path) -> Robot:
    """A robot file; raises `RobotFileError` or `UnknownNameError` with the entry that is wrong."""
    return typed(Robot, load_document(path), path.name)


def robot_from(document: Any) -> Robot:
    """The same from a table that has been read already."""
    return typed(Robot, document, "the robot")


def save_robot(path: Path, robot: Robot) -> None:
    """Write a robot file as JSON or, by its suffix, TOML."""
    document = {k: v for k, v in asdict(robot).items() if v is not None}
    text = json.dumps(document, indent=1) + "\n" if path.suffix == ".json" else _toml_text(document)
    write_text_atomically(path, text)


def _toml_text(document: dict[str, Any]) -> str:
    lines = [f"{k} = {_toml_value(v)}" for k, v in document.items() if not _is_table(v)]
    for name, value in document.items():
        if _is_table(value):
            title, tables = (f"[{name}]", [value]) if isinstance(value, dict) else (f"[[{name}]]", value)
            for table in tables:
                lines += ["", title]
                lines += [f"{k} = {_toml_value(v)}" for k, v in table.items() if v is not None and v not in ("", ())]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, tuple | list) and bool(value) and isinstance(value[0], dict))


def _toml_value(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml_value, value))}]"
    if isinstance(value, float):
        return repr(value)  # TOML writes inf as Python does
    return json.dumps(value)
