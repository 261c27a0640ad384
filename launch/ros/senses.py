"""From messages to the controller's named observations: by joint name, checked, converted, each with its age."""

import io
import math
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError, InnervateError
from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.messages import Message, bytes_of, find, header_seconds, numbers, stamp_seconds
from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.errors import MessageError
from innervate.launch.ros.robot_file import Observation, Robot, spread

CLOCKS_AGREE_S = 5.0
"""A stamp that is older, or in the future, tells of another clock and not of age."""
REORDERED_S = 1.0
"""A stamp that is older than the last one by less is a late message; by more, the robot's clock was set back."""


@dataclass(frozen=True)
class Reading:
    """One observation as it last came."""

    values: Float[np.ndarray, "size"]
    """In SI units and the controller's order."""
    arrived_s: float
    """`time.monotonic`."""
    stamp_s: float | None
    """Of the header, on the robot's clock; None where there is none."""
    number: int
    """How many came before."""


def values_of(observation: Observation, message: Message) -> Float[np.ndarray, "size"] | None:
    """What a message says, in SI units; None if it is about other things.

    Raises:
        MessageError: it is malformed, too short, or not finite; with the name of the joint or the number of the entry.
    """
    kind = canonical(observation.type)
    if kind == "sensor_msgs/msg/JointState":
        raw, names = _joints(observation, message), observation.joints
    elif kind == "sensor_msgs/msg/CompressedImage":
        return _picture(observation, message)
    else:
        if kind == "tf2_msgs/msg/TFMessage":
            message = _transform(observation, message)
            if not message:
                return None
        raw = _ranges(message) if kind == "sensor_msgs/msg/LaserScan" else numbers(
            find(message, observation.field), observation.field
        )  # fmt: skip
        names = tuple(f"{observation.field}[{i}]" for i in range(len(raw)))
    bad = np.flatnonzero(~np.isfinite(raw))
    if bad.size:
        raise MessageError(", ".join(f"{names[i]} is {raw[i]}" for i in bad[:8]))
    n = len(raw)
    offset, sign = spread(observation.offset, n, "offset"), spread(observation.sign, n, "sign")
    return sign * (raw - offset) * observation.factor


def _joints(observation: Observation, message: Message) -> np.ndarray:
    names, values = message.get("name"), message.get(observation.field)
    if not isinstance(names, list):
        raise MessageError("the message has no list of joint names")
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, list):
        raise MessageError(f"the message has no {observation.field}")
    place = {name: i for i, name in enumerate(names) if isinstance(name, str)}
    if len(place) < len(names):
        raise MessageError("a joint is named twice, or by no string")
    result = np.empty(len(observation.joints))
    for i, joint in enumerate(observation.joints):
        if joint not in place:
            raise MessageError(f"{joint} is not among the robot's joints, {', '.join(map(str, names[:32]))}")
        if place[joint] >= len(values):
            raise MessageError(f"{joint} has no {observation.field}: {len(values)} values for {len(names)} joints")
        result[i] = numbers(values[place[joint]], joint)[0]
    return result


def _transform(observation: Observation, message: Message) -> Message:
    transforms = message.get("transforms")
    if not isinstance(transforms, list):
        raise MessageError("the message has no transforms")
    for one in transforms:
        if isinstance(one, dict) and one.get("child_frame_id") == observation.joints[0]:
            return one
    return {}


def _ranges(message: Message) -> np.ndarray:
    """Ranges in metres; beyond the sensor's reach (infinity, or null, as JSON bridges write it) is its reach."""
    far = float(numbers(find(message, "range_max"), "range_max")[0])
    ranges = find(message, "ranges")
    if isinstance(ranges, list):
        ranges = [math.inf if one is None else one for one in ranges]
    values = numbers(ranges, "ranges")
    return np.where(values > far, far, values)


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


class Senses:
    """All observations of a robot, the newest of each; filled by the wire's thread, read by the controller's."""

    def __init__(self, wire: Wire, robot: Robot) -> None:
        self.observations = (*robot.observation, *((robot.position,) if robot.position else ()))
        self.counts: Counter[str] = Counter()
        """Messages that were not used, by reason."""
        self.problems: dict[str, str] = {}
        """The latest that was wrong with each topic."""
        self._readings: dict[str, Reading] = {}
        self._news = threading.Condition()
        self._clock: tuple[float, float] | None = None
        for observation in self.observations:
            if observation.constant is not None:
                values = np.atleast_1d(np.asarray(observation.constant, np.float64))
                self._readings[observation.name] = Reading(values, math.inf, None, 0)
        self.live = tuple(o.name for o in self.observations if o.constant is None)
        """Names of those that come by messages."""
        for topic, type_ in dict.fromkeys((o.topic, canonical(o.type)) for o in self.observations if o.topic):
            wire.subscribe(topic, type_, lambda message, now, topic=topic: self.receive(topic, message, now))
        if robot.clock == "sim":
            wire.subscribe("/clock", "rosgraph_msgs/msg/Clock", self._on_clock)

    def receive(self, topic: str, message: Message, now_s: float) -> None:
        """A message of a topic; what cannot be used is counted and never takes the place of what could."""
        fresh: dict[str, tuple[np.ndarray, float | None]] = {}
        for observation in self.observations:
            if observation.topic != topic:
                continue
            try:
                values = values_of(observation, message)
                stamp_s = header_seconds(message)
            except (InnervateError, ValueError) as error:
                self._count("unusable", topic, f"{observation.name}: {error}")
                return
            if values is None:
                return
            last = self._readings.get(observation.name)
            if last is not None and len(values) != len(last.values):
                self._count("unusable", topic, f"{observation.name}: {len(values)} numbers after {len(last.values)}")
                return
            if last is not None and last.stamp_s is not None and stamp_s is not None:
                back_s = last.stamp_s - stamp_s
                if 0 <= back_s < REORDERED_S:
                    self._count("late or twice", topic, f"{observation.name}: a stamp {back_s:.3f} s before the last")
                    return
                if abs(back_s + now_s - last.arrived_s) > REORDERED_S:
                    self._count("clock jump", topic, f"{observation.name}: the stamps jumped by {-back_s:.3f} s")
            fresh[observation.name] = (values, stamp_s)
        with self._news:
            for name, (values, stamp_s) in fresh.items():
                number = self._readings[name].number + 1 if name in self._readings else 1
                self._readings[name] = Reading(values, now_s, stamp_s, number)
            self._news.notify_all()

    def _count(self, what: str, topic: str, text: str) -> None:
        self.counts[what] += 1
        self.problems[topic] = f"{topic}: {text}"

    def _on_clock(self, message: Message, now_s: float) -> None:
        try:
            self._clock = (stamp_seconds(message.get("clock")), now_s)
        except MessageError:
            self.counts["unusable"] += 1

    def forget(self) -> None:
        """As if nothing had come yet: before a reset."""
        with self._news:
            for name in self.live:
                self._readings.pop(name, None)

    def numbers(self) -> dict[str, int]:
        """How many messages made each observation so far."""
        return {name: self._readings[name].number if name in self._readings else 0 for name in self.live}

    def wait(self, newer_than: dict[str, int], timeout_s: float) -> bool:
        """Until every observation is newer than those; False if one did not come in time."""
        with self._news:
            return self._news.wait_for(
                lambda: all(n in self._readings and self._readings[n].number > newer_than[n] for n in self.live),
                timeout_s,
            )

    def __getitem__(self, name: str) -> np.ndarray:
        """The newest values; raises `MessageError` while there are none."""
        if name not in self._readings:
            raise MessageError(f"{name} has not come yet")
        return self._readings[name].values

    def get(self, name: str) -> np.ndarray | None:
        """The newest values, or None."""
        reading = self._readings.get(name)
        return None if reading is None else reading.values

    def ages_s(self, now_s: float) -> dict[str, float]:
        """Time since each arrived; infinite for what never came."""
        return {n: now_s - self._readings[n].arrived_s if n in self._readings else math.inf for n in self.live}

    def oldest_s(self, now_s: float) -> float:
        """Age of the oldest observation: since its stamp where the clocks agree to a few seconds, else its arrival."""
        stamps = self.stamp_ages_s(now_s)
        ages = (max(age_s, stamps.get(name, 0.0)) if 0 <= stamps.get(name, 0.0) < CLOCKS_AGREE_S else age_s
                for name, age_s in self.ages_s(now_s).items())  # fmt: skip
        return max(ages, default=0.0)

    def robot_time_s(self, now_s: float) -> float:
        """The robot's time: /clock as it last came, or this computer's."""
        return self._clock[0] if self._clock is not None else time.time() + (now_s - time.monotonic())

    def stamp_ages_s(self, now_s: float) -> dict[str, float]:
        """Time since each was measured, by its header; for those that have one."""
        robot_s = self.robot_time_s(now_s)
        stamps = {n: self._readings[n].stamp_s for n in self.live if n in self._readings}
        return {name: robot_s - stamp_s for name, stamp_s in stamps.items() if stamp_s is not None}

    def flat(self, names: Sequence[str]) -> Float[np.ndarray, "size"]:
        """The named observations side by side."""
        return np.concatenate([self[name] for name in names])


def check_fit(robot: Robot, ports: Sequence[Any]) -> None:
    """Raise `ConfigError` unless the robot file has every observation of a controller, and constants of its size."""
    have = {o.name: o for o in robot.observation}
    for port in ports:
        if port.name not in have:
            raise ConfigError(
                f"The controller needs the observation {port.name!r} ({port.size} x {port.unit or '1'}); "
                f"the robot file has {', '.join(have)}. Add an [[observation]] for it, with a topic or a constant."
            )
        one = have[port.name]
        n = len(one.joints) if canonical(one.type or "x") == "sensor_msgs/msg/JointState" else None
        if n is not None and n != port.size:
            raise ConfigError(f"The controller's {port.name} has {port.size} numbers; the robot file names {n} joints.")
