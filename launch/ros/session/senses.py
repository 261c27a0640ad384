"""The newest of every observation of a robot, each with its age; the wire's thread fills it, the controller's reads."""

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from innervate.controllers import ControllerSpec
from innervate.errors import ConfigError, InnervateError
from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.bridge.messages import Message, header_seconds, stamp_seconds
from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.clock import REAL, Clock
from innervate.launch.ros.observation import JOINT_STATE
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.session.reading import Part, Reader, values_of
from innervate.launch.ros.session.stamps import Stamps

__all__ = ["Senses", "check_fit", "values_of"]

CLOCKS_AGREE_S = 5.0
"""A stamp that is older, or in the future, tells of another clock and not of age."""
SOURCES = 64
"""Sets of joints that one topic tells of; more are not told apart."""


class Reading:
    """One observation as it last came; its joints may come in several messages, each with an age of its own."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.name = reader, reader.observation.name
        self.values: np.ndarray | None = None
        """In SI units and the controller's order; None until every joint has come."""
        self.arrived_s = np.full(reader.parts, -math.inf)
        self.stamps_s = np.full(reader.parts, math.nan)
        """Of the headers, on the robot's clock; NaN where there is none."""
        self.number = 0
        """How often all of it has come anew."""
        self.stamps = Stamps()
        self._seen = np.zeros(reader.parts, bool)
        self._fresh = np.zeros(reader.parts, bool)
        self._whole = False
        """Whether the last message left nothing out."""
        self._parts = np.zeros(reader.parts)

    def take(self, places: np.ndarray, values: np.ndarray, whole: bool, now_s: float, stamp_s: float | None) -> None:
        """Newer values of some joints, or of all."""
        stamp_s = math.nan if stamp_s is None else stamp_s
        if whole:
            self.values = values
            self.arrived_s.fill(now_s)
            self.stamps_s.fill(stamp_s)
            if not self._whole:
                self._seen[:] = self._whole = True
                self._fresh[:] = False
            self.number += 1
            return
        self._whole = False
        self.arrived_s[places] = now_s
        self.stamps_s[places] = stamp_s
        # A new array: whoever reads the one before keeps what was true together.
        parts = self._parts.copy() if self.values is None else self.values.copy()
        parts[places] = values
        self._parts = parts
        self._seen[places] = self._fresh[places] = True
        if self._seen.all():
            self.values = parts
        if self._fresh.all():
            self._fresh[:] = False
            self.number += 1

    def missing(self) -> tuple[str, ...]:
        """Joints that never came."""
        joints = self.reader.observation.joints
        return tuple(joints[i] for i in np.flatnonzero(~self._seen)) if self.reader.by_joint else ()


class Senses:
    """All observations of a robot, the newest of each."""

    def __init__(self, wire: Wire, robot: Robot, clock: Clock = REAL) -> None:
        self.observations, self.clock, self._prefix = robot.observations(), clock, robot.tf_prefix
        self.counts: Counter[str] = Counter()
        """Messages that were not used, by reason."""
        self.problems: dict[str, str] = {}
        """The latest that was wrong with each topic."""
        self.sources: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set[tuple[str, ...]])
        """Sets of joints that came in one message, by topic."""
        self._constants = {
            o.name: np.atleast_1d(np.asarray(o.constant, np.float64))
            for o in self.observations if o.constant is not None
        }  # fmt: skip
        self.live = tuple(o.name for o in self.observations if o.constant is None)
        """Names of those that come by messages."""
        self._readings: dict[str, Reading] = {}
        self.forget()
        self._lock = threading.RLock()
        self._news = threading.Condition(self._lock)
        self._waiting = 0
        """How many wait for news."""
        self._clock: tuple[float, float] | None = None
        self._joints: dict[str, list[Any]] = {}
        for topic, type_ in dict.fromkeys((o.topic, canonical(o.type)) for o in self.observations if o.topic):
            wire.subscribe(topic, type_, partial(self.receive, topic))
        if robot.clock == "sim":
            wire.subscribe("/clock", "rosgraph_msgs/msg/Clock", self._on_clock)

    def forget(self) -> None:
        """As if nothing had come yet: before a reset."""
        self._readings = {o.name: Reading(Reader(o, self._prefix)) for o in self.observations if o.constant is None}
        self._by_topic = defaultdict[str, list[Reading]](list)
        for reading in self._readings.values():
            self._by_topic[reading.reader.observation.topic].append(reading)

    def receive(self, topic: str, message: Message, now_s: float) -> None:
        """A message of a topic; what cannot be used is counted and never takes the place of what could."""
        taken: list[tuple[Reading, Part, float | None]] = []
        names = message.get("name")
        if type(names) is list:
            self._note_source(topic, names)
        for reading in self._by_topic[topic]:
            reader = reading.reader
            try:
                part = reader.read(message)
                stamp_s = header_seconds(message)
            except (InnervateError, ValueError) as error:
                self._count("unusable", topic, f"{reading.name}: {error}")
                return
            if part is None:
                continue
            places, values, _ = part
            if not reader.by_joint and reading.values is not None and len(values) != len(reading.values):
                text = f"{reading.name}: {len(values)} numbers after {len(reading.values)}"
                self._count("unusable", topic, text)
                return
            if stamp_s is not None:
                first = places[0]
                verdict = reading.stamps.judge(
                    stamp_s, float(reading.stamps_s[first]), now_s - float(reading.arrived_s[first]), self.sim_s()
                )
                if verdict.what:
                    self._count(verdict.what, topic, f"{reading.name}: {verdict.text}")
                if not verdict.taken:
                    return
            taken.append((reading, part, stamp_s))
        with self._lock:
            for reading, part, stamp_s in taken:
                reading.take(part.places, part.values, part.whole, now_s, stamp_s)
            if self._waiting:
                self._news.notify_all()

    def _note_source(self, topic: str, names: list[Any]) -> None:
        if names is not self._joints.get(topic) and names != self._joints.get(topic):
            self._joints[topic] = names
            sources = self.sources[topic]
            if len(sources) < SOURCES:
                sources.add(tuple(map(str, names)))

    def _count(self, what: str, topic: str, text: str) -> None:
        self.counts[what] += 1
        self.problems[topic] = f"{topic}: {text}"

    def _on_clock(self, message: Message, now_s: float) -> None:
        try:
            told = (stamp_seconds(message.get("clock")), now_s)
        except MessageError:
            self.counts["unusable"] += 1
            return
        with self._news:
            self._clock = told
            self._news.notify_all()

    def missing(self) -> dict[str, str]:
        """Of each observation that is not complete, why."""
        found: dict[str, str] = {}
        for name in self.live:
            reading = self._readings[name]
            if reading.values is not None:
                continue
            one, lost = reading.reader.observation, reading.missing()
            told = sorted({joint for names in self.sources[one.topic] for joint in names})
            if one.topic in self.problems:
                found[name] = self.problems[one.topic]
            elif told and lost:
                verb = "is" if len(lost) == 1 else "are"
                text = f"{', '.join(lost)} {verb} not among the robot's joints, {', '.join(told[:32])}"
                found[name] = f"{one.topic}: {name}: {text}"
            else:
                found[name] = f"{name} never came on {one.topic} ({one.type})"
        return found

    def numbers(self) -> dict[str, int]:
        """How often each observation has come anew."""
        return {name: self._readings[name].number for name in self.live}

    def wait(self, newer_than: dict[str, int], timeout_s: float) -> bool:
        """Until every observation is newer than those; False if one did not come in time."""
        return self._until(lambda: self._newer(newer_than), timeout_s)

    def _until(self, ready: Callable[[], bool], timeout_s: float) -> bool:
        with self._news:
            self._waiting += 1
            try:
                return self.clock.wait_for(self._news, ready, timeout_s)
            finally:
                self._waiting -= 1

    def wait_clock(self, until_s: float, timeout_s: float) -> bool:
        """Until /clock says so much; False if it did not in time. It may come after the states of its instant."""
        return self._until(lambda: (self.sim_s() or 0.0) >= until_s, timeout_s)

    def _newer(self, than: dict[str, int]) -> bool:
        return all(self._readings[n].values is not None and self._readings[n].number > than[n] for n in self.live)

    def __getitem__(self, name: str) -> np.ndarray:
        """The newest values; raises `MessageError` while there are none."""
        values = self.get(name)
        if values is None:
            raise MessageError(f"{name} has not come yet")
        return values

    def get(self, name: str) -> np.ndarray | None:
        """The newest values, or None."""
        if name in self._constants:
            return self._constants[name]
        return self._readings[name].values if name in self._readings else None

    def ages_s(self, now_s: float) -> dict[str, float]:
        """Time since each arrived, of its oldest joint; infinite for what is not complete."""
        return {n: now_s - float(self._readings[n].arrived_s.min()) for n in self.live}

    def oldest_s(self, now_s: float) -> float:
        """Age of the oldest observation: since its stamp where the clocks agree to a few seconds, else its arrival."""
        stamps = {n: age for n, age in self.stamp_ages_s(now_s).items() if self._readings[n].stamps.telling}
        ages = (max(age_s, stamps.get(name, 0.0)) if 0 <= stamps.get(name, 0.0) < CLOCKS_AGREE_S else age_s
                for name, age_s in self.ages_s(now_s).items())  # fmt: skip
        return max(ages, default=0.0)

    def sim_s(self) -> float | None:
        """The topic /clock as it last came; None before that, and on robots that go by this computer's time."""
        return None if self._clock is None else self._clock[0]

    def robot_time_s(self, now_s: float) -> float:
        """The robot's time: /clock as it last came, or this computer's."""
        return self._clock[0] if self._clock is not None else self.clock.wall_s() + (now_s - self.clock.now_s())

    def stamp_ages_s(self, now_s: float) -> dict[str, float]:
        """Time since each was measured, by its header; for those that have one."""
        robot_s = self.robot_time_s(now_s)
        stamps = {n: float(self._readings[n].stamps_s.min()) for n in self.live}
        return {name: robot_s - stamp_s for name, stamp_s in stamps.items() if not math.isnan(stamp_s)}

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
        n = len(one.joints) if canonical(one.type or "x") == JOINT_STATE else None
        if n is not None and n != port.size:
            raise ConfigError(f"The controller's {port.name} has {port.size} numbers; the robot file names {n} joints.")


def check_actions(robot: Robot, spec: ControllerSpec) -> None:
    """Raise `ConfigError` unless a controller has an action for each that the command takes."""
    if spec.action_size != robot.command.actions:
        mixed = "" if robot.command.mix is None else f" by a mix of kind {robot.command.mix.kind}"
        raise ConfigError(
            f"The controller has {spec.action_size} actions; the robot file's command takes {robot.command.actions}"
            f"{mixed}, for {', '.join(robot.command.joints)}. Name one joint for each action, in the controller's "
            "order, or say in command.mix how actions become joints."
        )
