"""ROS 2's own message objects to nested dictionaries and back, where the user's Python has them."""

import importlib
from array import array
from typing import Any

import numpy as np

from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.errors import MessageError, WireError
from innervate.launch.ros.bridge.messages import Message

_SEQUENCE = "sequence<"


def interface(type_: str) -> Any:
    """The class of a message or a service; raises `WireError` where this ROS installation lacks it."""
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
            setattr(target, name, [fill(interface(f"{package}/msg/{kind}")(), one) for one in value])
        elif isinstance(value, bytes):
            setattr(target, name, array("B", value))
        else:
            setattr(target, name, float(value) if isinstance(present, float) else value)
    return target
