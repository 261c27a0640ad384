"""Messages as nested dictionaries: checked against their definition, filled up, read out as arrays.

A message that came by JSON has lists, and base64 for bytes; one that came by CBOR has arrays and bytes. Both are read
alike, and what is wrong with a message is said with the name of the field or the joint.
"""

import base64
import binascii
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from innervate.launch.ros.bridge.definitions import FLOATS, INTEGERS, PRIMITIVES, fields
from innervate.launch.ros.bridge.errors import MessageError

Message = Mapping[str, Any]
_ROS1_TIME = {"sec": "secs", "nanosec": "nsecs"}
"""ROS 1's names of the parts of a time."""
_ROS2_TIME = {old: new for new, old in _ROS1_TIME.items()}


def check_message(type_: str, message: Any, where: str = "") -> None:
    """Raise `MessageError` unless `message` may be sent as `type_`: known fields, right types, finite numbers.

    Fields may be left out, as rosbridge allows; they are then zero.
    """
    if not isinstance(message, Mapping):
        raise MessageError(f"{where or type_} should be an object, not {_brief(message)}.")
    known = {name: (element, length) for name, element, length in fields(type_)}
    for name, value in message.items():
        name = _ROS2_TIME.get(name, name) if "builtin_interfaces" in type_ else name
        if name not in known:
            if type_ == "std_msgs/msg/Header" and name == "seq":  # ROS 1's
                continue
            raise MessageError(f"{type_} has no field {str(name)[:40]!r}; it has {', '.join(known)}.")
        element, length = known[name]
        path = f"{where}.{name}" if where else name
        if length is None:
            _check_one(element, value, path)
        else:
            _check_many(element, length, value, path)


def _check_one(element: str, value: Any, path: str) -> None:
    if element not in PRIMITIVES:
        check_message(element, value, path)
    elif element in FLOATS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise MessageError(f"{path} should be a number, not {_brief(value)}.")
        if not _finite(value):
            raise MessageError(f"{path} is {_brief(value)}.")
    elif element in INTEGERS:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**64:
            raise MessageError(f"{path} should be a whole number, not {_brief(value)}.")
    elif not isinstance(value, bool if element == "bool" else str):
        raise MessageError(f"{path} should be a {element}, not {_brief(value)}.")


def _check_many(element: str, length: int, value: Any, path: str) -> None:
    if element == "uint8" and isinstance(value, str | bytes):
        return
    if isinstance(value, np.ndarray):
        if element in FLOATS and not np.isfinite(value).all():
            raise MessageError(f"{path}[{int(np.argmin(np.isfinite(value)))}] is not finite.")
    elif isinstance(value, list):
        for i, one in enumerate(value):
            _check_one(element, one, f"{path}[{i}]")
    else:
        raise MessageError(f"{path} should be a list, not {_brief(value)}.")
    if length and len(value) != length:
        raise MessageError(f"{path} should have {length} entries, not {len(value)}.")


def _finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False


def _brief(value: Any) -> str:
    text = f"a {type(value).__name__}" if isinstance(value, Mapping | list | bytes) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def filled(type_: str, message: Message) -> dict[str, Any]:
    """`message` with zeros for what was left out and ROS 2's names throughout."""
    result: dict[str, Any] = {}
    for name, element, length in fields(type_):
        value = message.get(name)
        if value is None and "builtin_interfaces" in type_:
            value = message.get(_ROS1_TIME[name])
        if length is not None:
            if element not in PRIMITIVES:
                result[name] = [filled(element, one) for one in (value if value is not None else [])]
            elif element == "uint8":
                result[name] = bytes_of(value if value is not None else b"", name)
            else:
                plain = value.tolist() if isinstance(value, np.ndarray) else value
                zero: Any = "" if element == "string" else 0.0 if element in FLOATS else 0
                result[name] = plain if plain is not None else [zero] * length
        elif element not in PRIMITIVES:
            result[name] = filled(element, value if value is not None else {})
        elif element in FLOATS:
            result[name] = float(value) if value is not None else 0.0
        else:
            zero = False if element == "bool" else "" if element == "string" else 0
            result[name] = value if value is not None else zero
    return result


def bytes_of(value: Any, where: str) -> bytes:
    """A `uint8[]`: base64 from JSON, bytes or an array from CBOR, or a list of numbers."""
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
        if isinstance(value, np.ndarray):
            return value.astype(np.uint8).tobytes()
        return bytes(value)
    except (binascii.Error, ValueError, TypeError) as error:
        raise MessageError(f"{where} does not hold bytes: {error}.") from error


def find(message: Any, path: str) -> Any:
    """What lies under a dotted path; raises `MessageError` with the part that is missing."""
    for part in path.split("."):
        if not isinstance(message, Mapping) or part not in message:
            raise MessageError(f"the message has no {part!r} (of {path})")
        message = message[part]
    return message


def numbers(value: Any, path: str) -> np.ndarray:
    """A number, a list of numbers or a vector, point or quaternion, as `(n,)` float64; `null` is refused, not read."""
    if isinstance(value, Mapping):
        value = [value.get(axis) for axis in "xyzw" if axis in value]
    if isinstance(value, np.ndarray) and value.dtype != object and value.ndim == 1:
        return value.astype(np.float64)
    if not isinstance(value, list):
        value = [value]
    for i, one in enumerate(value):
        if isinstance(one, bool) or not isinstance(one, int | float):
            raise MessageError(f"{path}[{i}] is {'null' if one is None else _brief(one)}")
    try:
        return np.asarray(value, np.float64)
    except (OverflowError, ValueError) as error:
        raise MessageError(f"{path} holds a number that no float64 can: {error}") from error


def stamp_of(seconds: float) -> dict[str, int]:
    """A time as ROS 2 writes it."""
    whole, rest = divmod(round(seconds * 1e9), 10**9)
    return {"sec": whole, "nanosec": rest}


def stamp_seconds(stamp: Any) -> float:
    """A time of either dialect in seconds; raises `MessageError` where it is none."""
    if type(stamp) is dict or isinstance(stamp, Mapping):  # the latter takes five times as long
        second = stamp["sec"] if "sec" in stamp else stamp.get("secs")
        nano = stamp["nanosec"] if "nanosec" in stamp else stamp.get("nsecs")
        if isinstance(second, int) and isinstance(nano, int) and abs(second) < 2**40 and abs(nano) < 2**40:
            return second + nano * 1e-9
    raise MessageError(f"the stamp is no time: {_brief(stamp)}")


def header_seconds(message: Message) -> float | None:
    """The time in the header; None where the message has none, or a zero as senders without a clock leave it."""
    header = message.get("header")
    if not (type(header) is dict or isinstance(header, Mapping)) or "stamp" not in header:
        return None
    return stamp_seconds(header["stamp"]) or None


def in_ros1(message: Any) -> Any:
    """A message with ROS 1's names of times."""
    if isinstance(message, Mapping):
        if set(message) == {"sec", "nanosec"}:
            return {"secs": message["sec"], "nsecs": message["nanosec"]}
        return {name: in_ros1(value) for name, value in message.items()}
    return [in_ros1(one) for one in message] if isinstance(message, list) else message
