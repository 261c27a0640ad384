"""A stand-in for the rosbridge server of ROS 1, which needs a whole ROS: small frames, Nagle's algorithm.

What it has of the official server (0.11.17) is what makes that slow to answer: every message is a frame of its own, and
TCP_NODELAY is off on its side. It speaks ROS 1's names and has no rosapi.
"""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any

import numpy as np

from innervate.launch.bench.ros.robot import JOINTS, STATE, TOPIC, There, Wave, own_processor, robot_file
from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient
from innervate.launch.ros.observation import Observation
from innervate.launch.ros.session.drive import Driver
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.session.pace import SWITCH_S
from innervate.launch.ros.session.realtime import no_collection, real_time

TOPICS = ("/joint_states", "/wheel_states")
"""Two small frames in a row, of which Nagle's algorithm keeps the second until the first is acknowledged."""


@contextmanager
def there(hz: float) -> Generator[There]:
    """The robot behind the stand-in, in a process of its own, until the end of the block."""
    command = [sys.executable, "-c", f"from {__name__} import main; main({hz})"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield There(process)
    finally:
        process.kill()
        process.wait()


def answered(hz: float, step_s: float, steps: int, *, realtime: bool = False) -> dict[str, Any]:
    """States at `hz`, each set answered: times between commands where the robot is, in ms, and how many."""
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)  # as `innervate ros drive` does
    with there(hz) as robot, no_collection(), real_time() if realtime else nullcontext():
        file = replace(robot_file(robot.uri, pace="state", step_s=step_s), dialect="ros1")
        other = Observation(name="wheel", topic=TOPICS[1], type=STATE, field="position", joints=JOINTS)
        file = replace(file, observation=(*file.observation, other))
        link = RobotLink(file, RosbridgeClient(ClientConfig(uri=file.uri, dialect="ros1")))
        try:
            link.first_observation(5.0)
            Driver(Wave(step_s), link).run(steps=steps)
        finally:
            link.close()
        sys.setswitchinterval(before_s)
        times = np.array(robot.take()["times"])[:-1]  # without the rest at the end
    return {"gaps_ms": (np.diff(times) * 1e3).tolist(), "n": len(times)}


def main(hz: float) -> None:
    """Serve until killed."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.server import serve

    sys.setswitchinterval(1e-4)  # the times at which commands come are told truly
    robot = ExitStack()
    robot.enter_context(own_processor())  # until it is killed
    commands: list[float] = []

    def listen(connection: Any, wanted: set[str]) -> None:
        with suppress(ConnectionClosed):
            for frame in connection:
                now_s, operation = time.monotonic(), json.loads(frame)
                if operation["op"] == "publish" and operation["topic"] == TOPIC:
                    commands.append(now_s)
                elif operation["op"] == "subscribe":
                    wanted.add(operation["topic"])
                elif operation["op"] == "call_service":
                    refusal = {"op": "service_response", "values": f"no {operation['service']}", "result": False}
                    connection.send(json.dumps({**refusal, "id": operation["id"], "service": operation["service"]}))

    def talk(connection: Any) -> None:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        wanted: set[str] = set()
        threading.Thread(target=listen, args=(connection, wanted), daemon=True).start()
        due = time.monotonic()
        with suppress(ConnectionClosed):
            while True:
                due = max(due + 1 / hz, time.monotonic() - 0.1 / hz)
                time.sleep(max(0.0, due - time.monotonic()))
                seconds, rest = divmod(time.time_ns(), 10**9)
                header = {"seq": 0, "stamp": {"secs": seconds, "nsecs": rest}, "frame_id": ""}
                for topic in sorted(wanted.intersection(TOPICS)):
                    message = {"header": header, "name": JOINTS, "position": [0.0, 0.0], "velocity": [], "effort": []}
                    connection.send(json.dumps({"op": "publish", "topic": topic, "msg": message}))

    server = serve(talk, "127.0.0.1", 0, compression=None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", flush=True)
    for _ in sys.stdin:
        print(json.dumps({"times": commands}), flush=True)


def rows_of(found: dict[str, Any], period_ms: float) -> Sequence[tuple[str, float, float]]:
    """Name, times the period, and at most how many, of the middle and of the slow ones."""
    middle, high = np.percentile(found["gaps_ms"], [50, 99]) / period_ms
    return (("median", float(middle), 1.5), ("99th percentile", float(high), 2.5))
