"""Rewards and ends that a simulated robot tells of."""

import math
import threading
from typing import Any

from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.robot_file import Robot


class Episode:
    """Adds up what comes on the reward topic, and knows whether the episode has ended."""

    def __init__(self, wire: Wire, robot: Robot) -> None:
        self._lock = threading.Lock()
        self._fresh, self.total = 0.0, 0.0
        self.terminated = self.truncated = False
        if robot.reward_topic:
            wire.subscribe(robot.reward_topic, "std_msgs/msg/Float64", self._on_reward)
        if robot.terminated_topic:
            wire.subscribe(robot.terminated_topic, "std_msgs/msg/Bool", self._on_terminated)
        if robot.truncated_topic:
            wire.subscribe(robot.truncated_topic, "std_msgs/msg/Bool", self._on_truncated)

    @property
    def done(self) -> bool:
        """Whether the episode has ended, either way."""
        return self.terminated or self.truncated

    def _on_reward(self, message: Any, now_s: float) -> None:
        value = message.get("data")
        if isinstance(value, int | float) and abs(value) < math.inf:
            with self._lock:
                self._fresh += value
                self.total += value

    def _on_terminated(self, message: Any, now_s: float) -> None:
        self.terminated = message.get("data") is True

    def _on_truncated(self, message: Any, now_s: float) -> None:
        self.truncated = message.get("data") is True

    def begin(self) -> None:
        """A new episode."""
        with self._lock:
            self._fresh, self.total = 0.0, 0.0
            self.terminated = self.truncated = False

    def take(self) -> float:
        """The rewards since the last call."""
        with self._lock:
            fresh, self._fresh = self._fresh, 0.0
        return fresh
