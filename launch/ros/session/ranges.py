"""Ranges by REP 117, told alike over every wire: minus infinity is too close, infinity nothing there, NaN unknown.

JSON has none of the three: bridges write null for each, so a null says no more than NaN does.
"""

import math
from typing import Literal

import numpy as np
from jaxtyping import Float

from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.bridge.messages import Message, find, numbers

Unknown = Literal["refuse", "max", "min"]
_ENDS = {"sensor_msgs/msg/LaserScan": ("range_min", "range_max", "ranges"),
         "sensor_msgs/msg/Range": ("min_range", "max_range", "range")}  # fmt: skip


def of(message: Message, kind: str, unknown: Unknown) -> Float[np.ndarray, "beam"]:
    """Ranges in metres, within the sensor's reach.

    Raises:
        MessageError: malformed, or a range that is not known and is not to be taken for an end of the reach.
    """
    low, high, field = _ENDS[kind]
    near = float(numbers(message.get(low, 0.0), low)[0])
    far = float(numbers(find(message, high), high)[0])
    if not 0 <= near < far < math.inf:
        raise MessageError(f"the sensor's reach is {near} to {far} m")
    values = find(message, field)
    values = values if isinstance(values, list | np.ndarray) else [values]
    if isinstance(values, list):
        values = [math.nan if one is None else one for one in values]
    read = numbers(values, field)
    lost = np.isnan(read)
    if lost.any():
        if unknown == "refuse":
            raise MessageError(
                f"{field}[{int(lost.argmax())}] is null or NaN, which may be too close as well as nothing there; say "
                'null_range = "min" (careful) or "max", or use a wire that tells them apart (CBOR, rclpy)'
            )
        read = np.where(lost, far if unknown == "max" else near, read)
    return np.clip(read, near, far)
