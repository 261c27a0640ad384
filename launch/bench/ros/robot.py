"""A robot on the embedded server: joints that move as told, and every command kept with the time it came at.

In a process of its own (`there`) it shares no interpreter with what drives it.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from innervate.controllers import Controller, ControllerSpec, Obs, State
from innervate.errors import ConfigError
from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient
from innervate.launch.ros.bridge.messages import stamp_of, stamp_seconds
from innervate.launch.ros.bridge.server import Listen, RosbridgeServer
from innervate.launch.ros.robot_file import FORMAT, Command, Observation, Robot
from innervate.launch.ros.safety import SafetyConfig
from innervate.launch.ros.session.realtime import real_time
from innervate.signals import Channel

JOINTS, TOPIC, STATE, TRAJECTORY = ("a", "b"), "/cmd", "sensor_msgs/msg/JointState", "/arm/joint_trajectory"
ARRAY, JOINT_TRAJECTORY = "std_msgs/msg/Float64MultiArray", "trajectory_msgs/msg/JointTrajectory"


class Robot2:
    """Two joints; takes arrays as velocities, and trajectories as a joint_trajectory_controller does."""

    def __init__(self, hz: float, offset_s: float = 0.0) -> None:
        self.server, self.hz, self.offset_s = RosbridgeServer(Listen(port=0)), hz, offset_s
        self.q = np.zeros(2)
        self.commands: list[tuple[float, list[float]]] = []
        self.refused: list[str] = []
        self.server.advertise("/joint_states", STATE)
        self.server.subscribe(TOPIC, ARRAY, self._array)
        self.server.subscribe(TRAJECTORY, JOINT_TRAJECTORY, self._trajectory)
        self._quit = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wall_s(self) -> float:
        """The robot's clock, which is not this computer's."""
        return time.time() + self.offset_s

    def _array(self, message: Any, now_s: float) -> None:
        self.commands.append((now_s, list(message["data"])))

    def _trajectory(self, message: Any, now_s: float) -> None:
        """Taken if it does not end in the past, has positions, and ends at rest."""
        point, begins_s = message["points"][-1], stamp_seconds(message["header"]["stamp"])
        ends_s = begins_s + stamp_seconds(point["time_from_start"])
        if begins_s and ends_s < self.wall_s():
            self.refused.append("ends in the past")
        elif begins_s > self.wall_s():
            self.refused.append("begins late")
        elif not point["positions"] or any(point["velocities"]) or point["effort"]:
            self.refused.append("not positions at rest")
        self.commands.append((now_s, list(point["positions"])))

    def _run(self) -> None:
        due = time.monotonic()
        while not self._quit.is_set():
            due = max(due + 1 / self.hz, time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))
            header = {"stamp": stamp_of(self.wall_s()), "frame_id": ""}
            self.server.publish("/joint_states", {"header": header, "name": JOINTS, "position": self.q.tolist()})

    def close(self) -> None:
        """Gone."""
        self._quit.set()
        self._thread.join()
        self.server.close()


def robot_file(
    uri: str, *, kind: str = "velocity", step_s: float = 0.02, pace: str = "clock", rate_per_s: float = float("inf"),
    stop_type: str = "std_msgs/msg/Bool",
) -> Robot:  # fmt: skip
    """As a user would write it."""
    joints: dict[str, Any] = {"topic": "/joint_states", "type": STATE, "field": "position", "joints": JOINTS}
    command = Command(
        topic=TRAJECTORY if kind == "position" else TOPIC, type=JOINT_TRAJECTORY if kind == "position" else ARRAY,
        kind="position" if kind == "position" else "velocity", joints=JOINTS, low=-1.0, high=1.0,
        rate_per_s=rate_per_s,
    )  # fmt: skip
    return Robot(
        format=FORMAT, control_step_s=step_s, uri=uri, pace="state" if pace == "state" else "clock",
        observation=(Observation(name="angle", **joints),), command=command,
        position=Observation(name="measured", **joints) if kind == "position" else None,
        safety=SafetyConfig(soft_start_s=0.0), emergency_stop_type=stop_type,
    )  # fmt: skip


class Wave(Controller):
    """Full speed one way for 40 control steps, then the other, whatever it senses."""

    def __init__(self, step_s: float, turns: int = 40) -> None:
        super().__init__(
            ControllerSpec(observations=(Channel(name="angle", size=2),), action_size=2, control_step_s=step_s)
        )
        self.turns = turns

    def initial_state(self, batch: int) -> State:
        """The number of the control step."""
        return {"n": torch.zeros(batch, 1)}

    def forward(self, obs: Obs, state: State) -> tuple[torch.Tensor, State]:
        """Both joints alike."""
        sign = 1.0 if int(state["n"][0, 0]) // self.turns % 2 == 0 else -1.0
        return torch.full((len(state["n"]), 2), sign), {"n": state["n"] + 1}


def client_of(robot: Robot) -> RosbridgeClient:
    """A connection."""
    return RosbridgeClient(ClientConfig(uri=robot.uri))


class There:
    """The robot in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        assert process.stdout is not None
        self.uri = process.stdout.readline().strip()

    def take(self) -> dict[str, Any]:
        """What came since the last call: times, values, reasons for which a trajectory was refused."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("take\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def there(hz: float, offset_s: float = 0.0) -> Generator[There]:
    """Until the end of the block."""
    command = [sys.executable, "-c", f"from {__name__} import main; main({[str(hz), str(offset_s)]})"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield There(process)
    finally:
        process.kill()
        process.wait()


@contextmanager
def own_processor() -> Generator[None]:
    """A robot shares no processor with what drives it: at real-time priority, where the system permits."""
    with ExitStack() as stack:
        with suppress(ConfigError):
            stack.enter_context(real_time())
        yield


def main(arguments: Sequence[str]) -> None:
    """Serve until killed."""
    sys.setswitchinterval(1e-4)  # the times at which commands come are told truly
    with own_processor():
        one = Robot2(*map(float, arguments))
        print(one.server.uri, flush=True)
        for _ in sys.stdin:
            commands, one.commands = one.commands, []
            told = {"times": [t for t, _ in commands], "values": [v for _, v in commands], "refused": one.refused}
            print(json.dumps(told), flush=True)


def stopped_by(robot: Robot, stop_type: str) -> Robot:
    """The same robot with another emergency stop, on a topic of its own."""
    name = stop_type.rsplit("/", 1)[1].lower()
    return replace(robot, emergency_stop_type=stop_type, emergency_stop_topic=f"/stop_{name}")
