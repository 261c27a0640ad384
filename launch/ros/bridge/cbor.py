"""CBOR (RFC 8949) as far as rosbridge needs it, with the typed arrays of RFC 8746.

A decoder of our own because a general one does too much with what a stranger sends: it compiles regular expressions,
follows shared references, builds dates and decimals. Here a tag that is no typed array is refused, and no length in
the data allocates more than the data has.
"""

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from innervate.launch.ros.bridge.errors import MessageError

MAX_DEPTH = 32
_TYPED_ARRAYS: dict[int, str] = {
    64: "u1", 65: ">u2", 66: ">u4", 67: ">u8", 68: "u1", 69: "<u2", 70: "<u4", 71: "<u8", 72: "i1", 73: ">i2",
    74: ">i4", 75: ">i8", 77: "<i2", 78: "<i4", 79: "<i8", 80: ">f2", 81: ">f4", 82: ">f8", 84: "<f2", 85: "<f4",
    86: "<f8",
}  # fmt: skip
_TAG_OF = {np.dtype(code): tag for tag, code in _TYPED_ARRAYS.items() if code[0] != ">" and tag != 68}
_SIMPLE: dict[int, Any] = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}


def decode(data: bytes) -> Any:
    """The one item in `data`; arrays of numbers as NumPy arrays. Raises `MessageError` for anything else."""
    value, end = _item(data, 0, 0)
    if end != len(data):
        raise MessageError(f"{len(data) - end} bytes follow the CBOR item.")
    return value


def _take(data: bytes, at: int, n: int) -> bytes:
    if n > len(data) - at:
        raise MessageError(f"The CBOR item is cut short: {n} bytes wanted, {len(data) - at} left.")
    return data[at : at + n]


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > MAX_DEPTH:
        raise MessageError(f"The CBOR item is nested deeper than {MAX_DEPTH}.")
    if at >= len(data):
        raise MessageError("The CBOR item is cut short.")
    major, low = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        if low in _FLOATS:
            code, size = _FLOATS[low]
            return struct.unpack(code, _take(data, at, size))[0], at + size
        if low in _SIMPLE:
            return _SIMPLE[low], at
        raise MessageError(f"CBOR's simple value {low} means nothing here.")
    if low > 27:
        raise MessageError("CBOR items of indefinite length are not part of rosbridge.")
    if low < 24:
        n = low
    else:
        size = 1 << (low - 24)
        n = int.from_bytes(_take(data, at, size), "big")
        at += size
    if major == 0:
        return n, at
    if major == 1:
        return -1 - n, at
    if major == 2:
        return _take(data, at, n), at + n
    if major == 3:
        try:
            return _take(data, at, n).decode("utf-8"), at + n
        except UnicodeDecodeError as error:
            raise MessageError(f"A CBOR string is not UTF-8: {error}.") from error
    if major in (4, 5) and n > len(data) - at:  # each entry takes a byte at least
        raise MessageError(f"The CBOR item is cut short: {n} entries wanted, {len(data) - at} bytes left.")
    if major == 4:
        items: list[Any] = []
        for _ in range(n):
            value, at = _item(data, at, depth + 1)
            items.append(value)
        return items, at
    if major == 5:
        table: dict[str, Any] = {}
        for _ in range(n):
            key, at = _item(data, at, depth + 1)
            if not isinstance(key, str):
                raise MessageError("The keys of a CBOR map must be strings.")
            table[key], at = _item(data, at, depth + 1)
        return table, at
    if n not in _TYPED_ARRAYS:
        raise MessageError(f"CBOR tag {n} is not part of rosbridge.")
    content, at = _item(data, at, depth + 1)
    kind = np.dtype(_TYPED_ARRAYS[n])
    if not isinstance(content, bytes) or len(content) % kind.itemsize:
        raise MessageError(f"The typed array of CBOR tag {n} has not a whole number of entries.")
    return np.frombuffer(content, kind).astype(kind.newbyteorder("=")), at


def encode(value: Any) -> bytes:
    """CBOR of None, booleans, numbers, strings, bytes, lists, dictionaries and one-dimensional arrays."""
    out: list[bytes] = []
    _write(value, out.append)
    return b"".join(out)


def _head(major: int, n: int) -> bytes:
    if n < 24:
        return bytes((major << 5 | n,))
    for low, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << (8 * size):
            return bytes((major << 5 | low,)) + n.to_bytes(size, "big")
    raise MessageError(f"{n} does not fit into CBOR's 64 bits.")


def _write(value: Any, out: Callable[[bytes], None]) -> None:
    if value is None:
        out(b"\xf6")
    elif isinstance(value, bool):
        out(b"\xf5" if value else b"\xf4")
    elif isinstance(value, int):
        out(_head(0, value) if value >= 0 else _head(1, -1 - value))
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise MessageError(f"{value} is not sent.")
        out(b"\xfb" + struct.pack(">d", value))
    elif isinstance(value, str):
        data = value.encode("utf-8")
        out(_head(3, len(data)) + data)
    elif isinstance(value, bytes):
        out(_head(2, len(value)) + value)
    elif isinstance(value, np.ndarray):
        kind = value.dtype.newbyteorder("<")
        if kind not in _TAG_OF or value.ndim != 1:
            raise MessageError(f"An array of {value.dtype} with shape {value.shape} has no CBOR form here.")
        if kind.kind == "f" and not np.isfinite(value).all():
            raise MessageError("An array that is not finite is not sent.")
        data = value.astype(kind).tobytes()
        out(_head(6, _TAG_OF[kind]) + _head(2, len(data)) + data)
    elif isinstance(value, Mapping):
        out(_head(5, len(value)))
        for key, one in value.items():
            _write(key, out)
            _write(one, out)
    elif isinstance(value, list | tuple):
        out(_head(4, len(value)))
        for one in value:
            _write(one, out)
    else:
        raise MessageError(f"A {type(value).__name__} has no CBOR form here.")
