"""Time that goes on only where somebody waits, and robots that live in it: no test of time depends on the real one."""

import heapq
import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from innervate.controllers import Controller, ControllerSpec, Obs, State
from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.wire import Handler, OnMessage
from innervate.signals import Channel


class SimulatedClock:
    """A clock with a list of what happens when; it happens while somebody sleeps or waits."""

    def __init__(self, wall_s: float = 1.7e9) -> None:
        self._now_s, self._wall_s = 100.0, wall_s
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()

    def now_s(self) -> float:
        return self._now_s

    def wall_s(self) -> float:
        return self._wall_s + self._now_s

    def at(self, when_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(when_s, self._now_s), next(self._number), act))

    def _next(self, until_s: float) -> bool:
        """The next event before then, if there is one."""
        if not self._events or self._events[0][0] > until_s:
            self._now_s = max(self._now_s, until_s)
            return False
        when_s, _, act = heapq.heappop(self._events)
        self._now_s = max(self._now_s, when_s)
        act()
        return True

    def sleep(self, seconds: float) -> None:
        until_s = self._now_s + max(0.0, seconds)
        while self._next(until_s):
            pass

    def wait_for(self, news: threading.Condition, ready: Callable[[], bool], timeout_s: float) -> bool:
        until_s = self._now_s + timeout_s
        while not ready():
            if not self._next(until_s):
                return ready()
        return True

    def every(self, period_s: float, act: Callable[[], None], name: str) -> Callable[[], None]:
        running = True

        def again() -> None:
            if running:
                act()
                self.at(self._now_s + period_s, again)

        def end() -> None:
            nonlocal running
            running = False

        self.at(self._now_s + period_s, again)
        return end


class FakeWire:
    """A wire on a simulated clock: what is published is kept with its time; `up` and `takes` make it fail."""

    description, last_problem = "a fake robot", ""

    def __init__(self, clock: SimulatedClock, latency_s: float = 0.0) -> None:
        self.clock, self.latency_s = clock, latency_s
        self.sent: list[tuple[float, str, Message]] = []
        self.stages: list[str] = []
        """What it said of itself, which no joint hears."""
        self.listeners: dict[str, list[OnMessage]] = {}
        self.types: dict[str, str] = {}
        self.services: dict[str, Handler] = {}
        self.advertised: list[str] = []
        self.up, self.takes = True, True
        self.on_publish: Callable[[str, Message], None] = lambda topic, message: None

    def advertise(self, topic: str, type_: str) -> None:
        self.advertised.append(topic)

    def publish(self, topic: str, message: Message) -> bool:
        if not (self.up and self.takes):
            return False
        if topic.startswith("/innervate/"):
            self.stages.append(message["data"])
            return True
        self.sent.append((self.clock.now_s(), topic, message))
        self.clock.at(self.clock.now_s() + self.latency_s, lambda: self.on_publish(topic, message))
        return True

    def subscribe(self, topic: str, type_: str, on_message: OnMessage) -> None:
        self.types[topic] = type_
        self.listeners.setdefault(topic, []).append(on_message)

    def call(self, service: str, type_: str, request: Message, timeout_s: float = 5.0) -> dict[str, Any]:
        if service not in self.services:
            raise WireError(f"There is no service {service}.")
        return dict(self.services[service](request))

    def offer(self, service: str, type_: str, handler: Handler) -> None:
        self.services[service] = handler

    def alive(self) -> bool:
        return self.up

    def topics(self) -> dict[str, str]:
        raise WireError("not known")

    def close(self) -> None:
        self.up = False

    def tell(self, topic: str, message: Message) -> None:
        """As if the robot had published."""
        if self.up:
            for listener in self.listeners.get(topic, ()):
                listener(message, self.clock.now_s())

    def commands(self, topic: str = "/cmd") -> tuple[np.ndarray, np.ndarray]:
        """Times and values of the arrays that were sent."""
        told = [(t, m["data"]) for t, where, m in self.sent if where == topic]
        return np.array([t for t, _ in told]), np.array([v for _, v in told], np.float64)


class Constant(Controller):
    """A controller that does `action(number of the control step)`, whatever it observes."""

    def __init__(self, action: Callable[[int], Any], step_s: float, actions: int, observations: dict[str, int]) -> None:
        channels = tuple(Channel(name=name, size=size) for name, size in observations.items())
        super().__init__(ControllerSpec(observations=channels, action_size=actions, control_step_s=step_s))
        self.action = action

    def initial_state(self, batch: int) -> State:
        return {"n": torch.zeros(batch, 1)}

    def forward(self, obs: Obs, state: State) -> tuple[torch.Tensor, State]:
        value = np.broadcast_to(np.asarray(self.action(int(state["n"][0, 0])), np.float32), (self.spec.action_size,))
        return torch.from_numpy(value.copy())[None], {"n": state["n"] + 1}


class FakeRobot:
    """Joints that go to the last commanded position at `speed_per_s`; tells their positions at `hz` while it runs."""

    def __init__(
        self, wire: FakeWire, joints: tuple[str, ...], hz: float, *, kind: str = "position", speed_per_s: float = 0.5,
        stamped: bool = True, jitter: Callable[[], float] = lambda: 0.0,
    ) -> None:  # fmt: skip
        self.wire, self.clock, self.joints, self.hz = wire, wire.clock, joints, hz
        self.kind, self.speed_per_s, self.stamped, self.jitter = kind, speed_per_s, stamped, jitter
        self.q = np.zeros(len(joints))
        self.command: np.ndarray | None = None
        self.silent = False
        self._last_s = self.clock.now_s()
        wire.on_publish = self._take
        self._tick(self.clock.now_s() + 1 / hz)

    def _take(self, topic: str, message: Message) -> None:
        self.move()
        if topic == "/cmd":
            self.command = np.asarray(message["data"], np.float64)

    def move(self) -> None:
        """Up to the present time."""
        passed_s, self._last_s = self.clock.now_s() - self._last_s, self.clock.now_s()
        if self.command is None:
            return
        if self.kind == "position":
            step = self.speed_per_s * passed_s
            self.q = self.q + np.clip(self.command - self.q, -step, step)
        elif self.kind == "velocity":
            self.q = self.q + self.command * passed_s

    def message(self) -> Message:
        stamp_s = self.clock.wall_s()
        header = {"stamp": {"sec": int(stamp_s), "nanosec": int(stamp_s % 1 * 1e9)}, "frame_id": ""}
        told = {"name": list(self.joints), "position": self.q.tolist()}
        return {"header": header, **told} if self.stamped else told

    def _tick(self, due_s: float) -> None:
        def act() -> None:
            self.move()
            if not self.silent:
                self.wire.tell("/joint_states", self.message())
            self._tick(due_s + 1 / self.hz)

        self.clock.at(due_s + self.jitter(), act)
