"""Messages as ROS 2 has them on its own wire (CDR, little endian), for clients that read messages raw."""

import struct
from typing import Any

from innervate.launch.ros.bridge.definitions import fields
from innervate.launch.ros.bridge.messages import Message, filled

_CODES = {
    "bool": "?", "byte": "B", "char": "B", "float32": "f", "float64": "d", "int8": "b", "uint8": "B", "int16": "h",
    "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q",
}  # fmt: skip
_HEAD = b"\x00\x01\x00\x00"
"""Plain CDR, little endian; alignment is counted from behind it."""


def encode(type_: str, message: Message) -> bytes:
    """The bytes of a message whose type is in the table; fields that are not given are zero."""
    out = bytearray(_HEAD)
    _write(out, type_, filled(type_, message))
    return bytes(out)


def _align(out: bytearray, size: int) -> None:
    out.extend(b"\0" * (-(len(out) - len(_HEAD)) % size))


def _write(out: bytearray, type_: str, message: Message) -> None:
    known = fields(type_)
    if not known:
        out.append(0)  # an empty structure has one byte
    for name, element, length in known:
        value = message[name]
        if length is None:
            _one(out, element, value)
            continue
        if not length:
            _one(out, "uint32", len(value))
        if element in _CODES and len(value):
            code = _CODES[element]
            _align(out, struct.calcsize(code))
            out.extend(struct.pack(f"<{len(value)}{code}", *value))
        else:
            for one in value:
                _one(out, element, one)


def _one(out: bytearray, element: str, value: Any) -> None:
    if element == "string":
        data = value.encode("utf-8") + b"\0"
        _one(out, "uint32", len(data))
        out.extend(data)
    elif element in _CODES:
        code = _CODES[element]
        _align(out, struct.calcsize(code))
        out.extend(struct.pack(f"<{code}", value))
    else:
        _write(out, element, value)
