"""An entry of the robot file: where one named part of the controller's observation comes from."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from innervate.errors import UnknownNameError
from innervate.launch.ros.bridge.definitions import DEFINITIONS, canonical
from innervate.launch.ros.bridge.errors import RobotFileError
from innervate.launch.ros.bridge.names import check_name
from innervate.launch.ros.units import Numbers, factor_of

JOINT_STATE, TRANSFORMS = "sensor_msgs/msg/JointState", "tf2_msgs/msg/TFMessage"
RANGES = {"sensor_msgs/msg/LaserScan": "ranges", "sensor_msgs/msg/Range": "range"}
"""Types that tell distances by REP 117, and the field that has them."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One named part of the controller's observation."""

    name: str
    """The controller's name for it, as in `ControllerSpec`."""
    topic: str = ""
    """Relative to the robot's namespace, or with a slash in front."""
    type: str = ""
    """Of the messages there: sensor_msgs/msg/JointState, Imu, LaserScan, CompressedImage, nav_msgs/msg/Odometry, ..."""
    field: str = ""
    """Path into the message: `position`, `angular_velocity`, `twist.twist.linear`, `ranges`, `data`, ..."""
    joints: tuple[str, ...] = ()
    """For a JointState: in the controller's order; the robot may tell them in any, and in several messages. For a
    TFMessage: the child frame."""
    sign: Numbers = 1.0
    offset: Numbers = 0.0
    """wire = sign * controller + offset; one number for all, or one each."""
    unit: str = "1"
    """On the wire: rad, deg, m, mm, rad/s, deg/s, rpm, m/s, N, N m, g, ...; the controller reads SI."""
    max_age_s: float | None = None
    """For this topic alone, in place of the safety layer's."""
    image_size: tuple[int, int] | None = None
    """For a CompressedImage: width and height that it is scaled to; grey values from 0 to 1, row by row."""
    null_range: Literal["refuse", "max", "min"] = "refuse"
    """What a range is that was not measured (NaN, and null, as which JSON also writes too close and nothing there)."""
    constant: Numbers | None = None
    """Instead of a topic: what a sense that the robot lacks always says, in SI units."""

    def __post_init__(self) -> None:
        where = f"observation {self.name!r}"
        factor_of(self.unit)
        if self.constant is not None:
            if self.topic:
                raise RobotFileError(f"{where} has a topic and a constant; it can be only one of them.")
            if not np.isfinite(self.constant).all():
                raise RobotFileError(f"{where}: the constant must be finite, got {self.constant}.")
            return
        if not self.topic:
            raise RobotFileError(f"{where} needs a topic, or a constant.")
        check_name(self.topic, where)
        if canonical(self.type) not in DEFINITIONS:
            raise RobotFileError(f"{where}: {UnknownNameError('message type', self.type, DEFINITIONS)}")
        if len(set(self.joints)) < len(self.joints):
            raise RobotFileError(f"{where} names a joint twice: {', '.join(self.joints)}.")
        if not np.isin(np.abs(self.sign), 1).all():
            raise RobotFileError(f"{where}: sign is 1 or -1, got {self.sign}; scales belong into the unit.")
        if not np.isfinite(self.offset).all():
            raise RobotFileError(f"{where}: offset must be finite, got {self.offset}.")
        if self.max_age_s is not None and not 0 < self.max_age_s < np.inf:
            raise RobotFileError(f"{where}: max_age_s must be a positive number of seconds, got {self.max_age_s}.")
        self._check_kind(where)

    def _check_kind(self, where: str) -> None:
        kind = canonical(self.type)
        if kind in (JOINT_STATE, TRANSFORMS) and not self.joints:
            raise RobotFileError(f"{where} reads a {kind}: say which joints (or which child frame), by name.")
        if kind == "sensor_msgs/msg/CompressedImage" and self.image_size is None:
            raise RobotFileError(f"{where} reads pictures: say the image_size that the controller was trained on.")
        if kind == "sensor_msgs/msg/Image":
            raise RobotFileError(
                f"{where} reads raw images, which a rosbridge carries at 4 frames a second with seconds of delay; "
                "use the robot's compressed topic (sensor_msgs/msg/CompressedImage)."
            )
        if self.null_range != "refuse" and kind not in RANGES:
            raise RobotFileError(f"{where}: null_range is for {' and '.join(RANGES)}; this is a {kind}.")

    @property
    def factor(self) -> float:
        """SI units in one unit on the wire."""
        return factor_of(self.unit)
