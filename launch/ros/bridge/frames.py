"""Frames of rosbridge v2: JSON text or CBOR bytes to operations and back, fragments put together, all within limits."""

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from innervate.launch.ros.bridge import cbor
from innervate.launch.ros.bridge.errors import MessageError

Operation = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class FrameLimits:
    """How much a stranger may ask of this process."""

    frame_bytes: int = 4 << 20
    """Of one frame, and of one message put together from fragments."""
    fragments: int = 4096
    """Of one message."""
    pending: int = 16
    """Messages whose fragments are being collected at a time; the oldest is forgotten first."""


DEFAULT_LIMITS = FrameLimits()


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MessageError(f"{text[:40]} is not a finite number.")
    return value


def _refuse(text: str) -> float:
    raise MessageError(f"{text} is no JSON and not sent to robots.")


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)
_QUICK = json.JSONDecoder(parse_constant=_refuse)


def decode(frame: str | bytes, limits: FrameLimits = DEFAULT_LIMITS, *, quick: bool = False) -> Operation:
    """The operation in a frame; raises `MessageError` for whatever is none, and nothing else.

    Where it is to be `quick`, a number beyond all floats (1e999) becomes infinity, for whoever reads it to refuse.
    """
    if len(frame) > limits.frame_bytes:
        raise MessageError(f"A frame of {len(frame)} bytes was dropped; at most {limits.frame_bytes} are read.")
    try:
        decoder = _QUICK if quick else _DECODER
        operation = decoder.decode(frame) if isinstance(frame, str) else cbor.decode(frame)
    except MessageError:
        raise
    except RecursionError:
        raise MessageError("The JSON is nested too deeply.") from None
    except ValueError as error:  # JSONDecodeError, and integers of thousands of digits
        raise MessageError(f"The frame is not JSON: {str(error)[:120]}") from None
    if not isinstance(operation, dict) or not isinstance(operation.get("op"), str):
        raise MessageError("The frame is no operation: a JSON object with a string 'op' is expected.")
    return operation


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"a {type(value).__name__} has no JSON form")


_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False, default=_plain)


def encode(operation: Mapping[str, Any], *, binary: bool = False) -> str | bytes:
    """The frame of an operation; raises `MessageError` for NaN and infinity, which are never sent."""
    try:
        return cbor.encode(operation) if binary else _ENCODER.encode(operation)
    except MessageError:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise MessageError(f"{operation.get('op')} {operation.get('topic', '')} is not sent: {error}.") from error


class Fragments:
    """Puts together the messages that a peer sends in pieces."""

    def __init__(self, limits: FrameLimits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._pending: dict[str, dict[int, str]] = {}
        self._sizes: dict[str, int] = {}

    def add(self, piece: Operation) -> str | None:
        """The whole frame if this was its last piece."""
        number, total, data = piece.get("num"), piece.get("total"), piece.get("data")
        if not isinstance(data, str) or isinstance(number, bool) or not isinstance(number, int | float):
            raise MessageError("A fragment needs a number 'num' and a string 'data'.")
        if isinstance(total, bool) or not isinstance(total, int | float) or not 0 < total <= self.limits.fragments:
            raise MessageError(f"A fragment's 'total' must be 1 to {self.limits.fragments}, got {str(total)[:40]}.")
        if not math.isfinite(number) or not 0 <= number < total:
            raise MessageError(f"A fragment's 'num' must be below its total, got {str(number)[:40]} of {total}.")
        key = str(piece.get("id"))[:200]
        parts = self._pending.setdefault(key, {})
        parts[int(number)] = data
        self._sizes[key] = self._sizes.get(key, 0) + len(data)
        if self._sizes[key] > self.limits.frame_bytes:
            self._forget(key)
            raise MessageError(f"A fragmented message was dropped; at most {self.limits.frame_bytes} bytes are read.")
        if len(parts) == math.ceil(total):  # rosbridge 2.1.0 sends the quotient, 2.79 for three pieces
            self._forget(key)
            return "".join(parts[i] for i in sorted(parts))
        while len(self._pending) > self.limits.pending:
            self._forget(next(iter(self._pending)))
        return None

    def _forget(self, key: str) -> None:
        del self._pending[key], self._sizes[key]


def split(frame: str, id_: str, size: int) -> list[Operation]:
    """Fragments of at most `size` characters each."""
    pieces = [frame[i : i + size] for i in range(0, len(frame), size)]
    return [
        {"op": "fragment", "id": id_, "data": data, "num": i, "total": len(pieces)} for i, data in enumerate(pieces)
    ]
