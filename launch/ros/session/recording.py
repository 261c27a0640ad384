"""A drive as an MCAP file: observations, actions, commands, controller state and safety events, step by step.

Written by a thread of its own in small chunks straight to disk, so that a killed process leaves all but the last
second; any ROS 2 tool reads it.
"""

import json
import queue
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from innervate.agents.experience.bag import ACTION, OBSERVATION
from innervate.errors import ConfigError, MissingExtraError
from innervate.launch.ros.bridge.definitions import canonical, full_text
from innervate.launch.ros.command import FOLLOW, TRAJECTORY
from innervate.launch.ros.commands import CommandMessages
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.session.drive import Tick

STATE, SAFETY, AGE = "/innervate/state", "/innervate/safety", "/innervate/age"
_ARRAY, _TEXT = "std_msgs/msg/Float64MultiArray", "std_msgs/msg/String"
CHUNK_BYTES = 16 << 10
"""About a second of a small robot at 30 Hz."""


def array_message(values: np.ndarray) -> dict[str, Any]:
    """Any array of numbers, with its shape."""
    sizes = values.shape or (1,)
    dimensions = [
        {"label": f"axis_{i}", "size": n, "stride": int(np.prod(sizes[i:]))} for i, n in enumerate(sizes)
    ]
    return {"layout": {"dim": dimensions, "data_offset": 0}, "data": values.astype(np.float64).ravel().tolist()}


class Recorder:
    """Writes each control step of a `Driver`.

    Raises:
        ConfigError: the file exists already.
        MissingExtraError: mcap-ros2-support is not installed.
    """

    def __init__(self, path: Path, robot: Robot) -> None:
        try:
            from mcap_ros2.writer import Writer
        except ModuleNotFoundError as error:
            raise MissingExtraError("mcap-ros2-support", "ros") from error
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "xb")  # noqa: SIM115  (closed by close)
        except FileExistsError:
            raise ConfigError(f"{path} exists already; choose another name for the recording.") from None
        self.robot = robot
        self.counts: dict[str, int] = {}
        """Messages written so far, by topic."""
        self._writer: Any = Writer(self._file, chunk_size=CHUNK_BYTES)
        self._schemas: dict[str, Any] = {}
        self._commands = CommandMessages(robot.command, robot.control_step_s)
        self._started = (time.time_ns(), time.monotonic())
        self._queue: queue.SimpleQueue[list[tuple[str, str, dict[str, Any]]] | None] = queue.SimpleQueue()
        self._times: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def tick(self, tick: Tick) -> None:
        """One control step; returns at once."""
        entries: list[tuple[str, str, dict[str, Any]]] = []
        if tick.observation is not None:
            entries.append((OBSERVATION, _ARRAY, array_message(tick.observation)))
        if tick.action is not None:
            entries.append((ACTION, _ARRAY, array_message(tick.action)))
            entries.append((AGE, "std_msgs/msg/Float64", {"data": tick.age_s}))
            entries += [(f"{STATE}/{key}", _ARRAY, array_message(v.numpy())) for key, v in tick.state.items()]
        verdict = tick.verdict
        if verdict.command is not None:
            message = self._commands.message(verdict.command, time.time())
            kind = canonical(self.robot.command.type)
            if kind == FOLLOW:
                kind, message = TRAJECTORY, message["trajectory"]
            entries.append((self.robot.command.topic, kind, message))
        if verdict.stopped or verdict.changes:
            event = {"step": tick.number, "stopped": verdict.stopped, "changes": list(verdict.changes)}
            entries.append((SAFETY, _TEXT, {"data": json.dumps(event)}))
        self._times.put((self._started[0] + int((tick.now_s - self._started[1]) * 1e9), tick.number))
        self._queue.put(entries)

    def _run(self) -> None:
        while (entries := self._queue.get()) is not None:
            time_ns, number = self._times.get()
            for topic, type_, message in entries:
                if type_ not in self._schemas:
                    self._schemas[type_] = self._writer.register_msgdef(type_, full_text(type_))
                self._writer.write_message(
                    topic=topic, schema=self._schemas[type_], message=message, log_time=time_ns, publish_time=time_ns,
                    sequence=number,
                )  # fmt: skip
                self.counts[topic] = self.counts.get(topic, 0) + 1
            self._file.flush()  # whole chunks only; what is not yet one is the writer's

    def close(self) -> None:
        """Write what is left, and the index."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
            self._writer.finish()
            self._file.close()
