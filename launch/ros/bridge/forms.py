"""The forms in which a client may have a topic's messages: JSON, CBOR, CBOR around ROS's own bytes, or a picture."""

import base64
import io
import math
from typing import Any, Literal, get_args

from innervate.launch.ros.bridge import cdr
from innervate.launch.ros.bridge.definitions import DEFINITIONS
from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.bridge.frames import encode
from innervate.launch.ros.bridge.messages import Message

Form = Literal["none", "cbor", "cbor-raw", "png"]
FORMS: tuple[str, ...] = get_args(Form)


def frame_of(topic: str, type_: str, message: Message, form: Form, now_s: float) -> str | bytes:
    """The frame that publishes a message, `now_s` since 1970.

    Raises:
        MessageError: it is not finite, or of a type without a definition here and asked for raw.
    """
    operation: dict[str, Any] = {"op": "publish", "topic": topic, "msg": message}
    if form == "cbor-raw":
        if type_ not in DEFINITIONS:
            raise MessageError(f"{topic} is of type {type_}, whose bytes are not known here; cbor-raw cannot have it.")
        seconds = math.floor(now_s)
        raw = {"secs": seconds, "nsecs": int((now_s - seconds) * 1e9), "bytes": cdr.encode(type_, message)}
        return encode({**operation, "msg": raw}, binary=True)
    if form == "cbor":
        return encode(operation, binary=True)
    text = encode(operation)
    assert isinstance(text, str)
    return encode({"op": "png", "data": _picture(text.encode())}) if form == "png" else text


def _picture(data: bytes) -> str:
    """Bytes as the colours of a PNG, as rosbridge has it: about square, filled up with line feeds; in base64."""
    from PIL import Image

    width = max(1, math.isqrt(len(data) // 3))
    height = math.ceil(len(data) / 3 / width)
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), data.ljust(width * height * 3, b"\n")).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")
