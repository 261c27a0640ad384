"""From one message to one observation's numbers: by joint name, checked, in SI units."""

import io
import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.bridge.messages import Message, bytes_of, find, numbers
from innervate.launch.ros.observation import JOINT_STATE, RANGES, TRANSFORMS, Observation
from innervate.launch.ros.session import ranges
from innervate.launch.ros.units import spread

_NUMBERS = {float, int}


class Part(NamedTuple):
    """What one message says of an observation."""

    places: Int[np.ndarray, "part"]
    """Which of its joints; 0 where it comes as a whole."""
    values: Float[np.ndarray, "value"]
    """In SI units: one a joint, or all."""
    whole: bool
    """Whether nothing is left out."""


class Reader:
    """Reads the messages of one observation's topic; remembers where its joints were, which seldom changes."""

    def __init__(self, observation: Observation, tf_prefix: str = "") -> None:
        self.observation, self.kind = observation, canonical(observation.type)
        self.by_joint = self.kind == JOINT_STATE
        n = len(observation.joints)
        self.parts = n if self.by_joint else 1
        self._frame = f"{tf_prefix.strip('/')}/{observation.joints[0]}" if tf_prefix and n else "".join(
            observation.joints[:1]
        )  # fmt: skip
        self._names: list[Any] = []
        self._found = self._places = np.zeros(0, np.int64)
        self._indices: list[int] = []
        self._all = np.zeros(1, np.int64)
        self._factor = observation.factor
        self._straight = False
        """Whether the robot tells the joints, and no others, in the controller's order."""
        if self.by_joint:
            self._sign, self._offset = spread(observation.sign, n, "sign"), spread(observation.offset, n, "offset")
            self._plain = bool((self._sign == 1).all() and not self._offset.any() and self._factor == 1)
            """Whether what is on the wire is what the controller reads."""

    def read(self, message: Message) -> Part | None:
        """What a message says; None if it is about other things.

        Raises:
            MessageError: it is malformed, too short, or not finite; with the name of the joint or number of the entry.
        """
        if self.by_joint:
            return self._joints(message)
        values = self._values(message)
        return None if values is None else Part(self._all, values, True)

    def _joints(self, message: Message) -> Part | None:
        names, values = message.get("name"), message.get(self.observation.field)
        if names != self._names or not isinstance(names, list):
            self._look_up(names)
        assert isinstance(names, list)
        at = self._places
        if not at.size:
            return None
        if type(values) is not list and not (isinstance(values, np.ndarray) and values.ndim == 1):
            raise MessageError(f"the message has no {self.observation.field}")
        if len(values) < len(names) and int(self._found.max()) >= len(values):
            short = next(names[i] for i in self._indices if i >= len(values))
            text = f"{len(values)} values for {len(names)} joints"
            raise MessageError(f"{short} has no {self.observation.field}: {text}")
        raw = self._numbers(values, names)
        if not self._plain:
            raw = self._sign[at] * (raw - self._offset[at]) * self._factor
        return Part(at, raw, len(at) == self.parts)

    def _numbers(self, values: Any, names: list[Any]) -> np.ndarray:
        """The joints' values in one pass; what is no number, or none that is finite, is named."""
        if isinstance(values, np.ndarray):
            return self._finite(values[self._found].astype(np.float64), names)
        picked = values if self._straight and len(values) == len(names) else [values[i] for i in self._indices]
        if set(map(type, picked)) <= _NUMBERS:  # not bool, which is an int, and not None, which NumPy takes for NaN
            try:
                raw = np.array(picked, np.float64)
                if math.isfinite(sum(picked)):  # then so is each
                    return raw
            except OverflowError:
                pass
        return self._finite(np.concatenate([numbers(values[i], names[i]) for i in self._indices]), names)

    def _finite(self, raw: np.ndarray, names: list[Any]) -> np.ndarray:
        if not np.isfinite(raw).all():
            bad = np.flatnonzero(~np.isfinite(raw))[:8]
            raise MessageError(", ".join(f"{names[self._indices[i]]} is {raw[i]}" for i in bad))
        return raw

    def _look_up(self, names: Any) -> None:
        if not isinstance(names, list):
            raise MessageError("the message has no list of joint names")
        place = {name: i for i, name in enumerate(names) if isinstance(name, str)}
        if len(place) < len(names):
            raise MessageError("a joint is named twice, or by no string")
        joints = self.observation.joints
        self._places = np.array([i for i, joint in enumerate(joints) if joint in place], np.int64)
        self._found = np.array([place[joints[i]] for i in self._places.tolist()], np.int64)
        self._indices = self._found.tolist()
        self._straight = self._indices == list(range(len(names)))
        self._names = list(names)

    def _values(self, message: Message) -> np.ndarray | None:
        one = self.observation
        if self.kind == "sensor_msgs/msg/CompressedImage":
            return _picture(one, message)
        if self.kind == TRANSFORMS:
            found = self._transform(message)
            if found is None:
                return None
            message = found
        if self.kind in RANGES:
            raw = ranges.of(message, self.kind, one.null_range)
        else:
            raw = numbers(find(message, one.field), one.field)
        bad = np.flatnonzero(~np.isfinite(raw))
        if bad.size:
            raise MessageError(", ".join(f"{one.field}[{i}] is {raw[i]}" for i in bad[:8]))
        return spread(one.sign, len(raw), "sign") * (raw - spread(one.offset, len(raw), "offset")) * one.factor

    def _transform(self, message: Message) -> Message | None:
        transforms = message.get("transforms")
        if not isinstance(transforms, list):
            raise MessageError("the message has no transforms")
        for one in transforms:
            if isinstance(one, dict) and str(one.get("child_frame_id")).lstrip("/") == self._frame:
                return one
        return None


def values_of(observation: Observation, message: Message) -> Float[np.ndarray, "size"] | None:
    """What one message says of a whole observation, in SI units; None if it is about other things.

    Raises:
        MessageError: as `Reader.read` does, and where a joint is missing.
    """
    reader = Reader(observation)
    part = reader.read(message)
    if reader.by_joint and (part is None or not part.whole):
        have = [name for name in message.get("name", ()) if isinstance(name, str)]
        missing = next(joint for joint in observation.joints if joint not in have)
        raise MessageError(f"{missing} is not among the robot's joints, {', '.join(have[:32])}")
    return None if part is None else part.values


def _picture(observation: Observation, message: Message) -> np.ndarray:
    from PIL import Image

    data = bytes_of(find(message, "data"), "data")
    assert observation.image_size is not None  # the robot file has checked it
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > 4096 * 4096:
                raise MessageError(f"a picture of {image.width} x {image.height} is not read")
            small = image.convert("L").resize(observation.image_size)
    except (OSError, ValueError, SyntaxError) as error:
        raise MessageError(f"the picture cannot be read: {error}") from error
    return np.asarray(small, np.float64).ravel() / 255.0
