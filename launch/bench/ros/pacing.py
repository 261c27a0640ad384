"""What a robot measures of its commands: their rate, their change, on any clock; and what a state costs to read."""

import contextlib
import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from innervate.launch.bench._kit.timing import ratio
from innervate.launch.bench.ros.robot import STATE, Wave, client_of, robot_file, there
from innervate.launch.ros.robot_file import Command, Observation, Robot
from innervate.launch.ros.session.drive import Driver
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.session.pace import SWITCH_S
from innervate.launch.ros.session.senses import Senses

STEP_S, WINDOW_S = 0.03, 0.1
NAMES = tuple(f"joint_{i}" for i in range(20))
FRAMES_HZ = 500.0


def driven(hz: float, steps: int) -> dict[str, Any]:
    """States at `hz`, control step 0.03 s, `rate_per_s` 1: commands and their change a second where the robot is."""
    with there(hz) as robot:
        _drive(robot_file(robot.uri, pace="state", step_s=STEP_S, rate_per_s=1.0), Wave(STEP_S), steps)
        told = robot.take()
    times, values = np.array(told["times"][:-1]), np.array(told["values"])[:-1, 0]  # without the rest at the end
    ends = np.searchsorted(times, times + WINDOW_S)
    change = max(
        abs(values[j] - values[i]) / (times[j] - times[i]) for i, j in enumerate(ends.tolist()) if j < len(times)
    )
    return {"hz": (len(times) - 1) / (times[-1] - times[0]), "change": float(change), "n": len(times)}


def other_clock(offset_s: float, steps: int) -> dict[str, Any]:
    """JointTrajectory to a robot whose clock is off by so much: commands, and why any was refused or late."""
    with there(100.0, offset_s) as robot:
        _drive(robot_file(robot.uri, kind="position", step_s=STEP_S), Wave(STEP_S), steps)
        told = robot.take()
    return {"n": len(told["times"]), "refused": told["refused"]}


def _drive(robot: Robot, controller: Wave, steps: int) -> Driver:
    link = RobotLink(robot, client_of(robot))
    try:
        link.first_observation(5.0)
        driver = Driver(controller, link)
        driver.run(steps=steps)
    finally:
        link.close()
    return driver


def closed_loop(seconds: float, hz: float = 500.0) -> dict[str, Any]:
    """Ticks within 1 ms of their time, beside a loop that only waits; and commands that did not come."""
    n = round(seconds * hz)
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)  # as `innervate ros drive` does
    with there(hz) as robot:
        began: list[float] = []
        link_file = robot_file(robot.uri, step_s=1 / hz)
        link = RobotLink(link_file, client_of(link_file))
        try:
            link.first_observation(5.0)
            driver = Driver(Wave(1 / hz), link, lambda tick: began.append(tick.now_s))
            driver.run(steps=n)
            sent = link.counts["sent"]
        finally:
            link.close()
        time.sleep(0.2)
        came = len(robot.take()["times"]) - 1  # and the rest at the end
        sys.setswitchinterval(before_s)
        bare: list[float] = []
        due = time.monotonic()
        for _ in range(n // 4):
            due = max(due + 1 / hz, time.monotonic() - 0.1 / hz)
            time.sleep(max(0.0, due - time.monotonic()))
            bare.append(time.monotonic())
    return {"ours": _in_time(began, hz), "bare": _in_time(bare, hz), "lost": sent - came, "n": n}


def _in_time(began: Sequence[float], hz: float) -> float:
    """Share of ticks that came within a period and 1 ms of the one before."""
    return float((np.abs(np.diff(began) - 1 / hz) <= 1e-3).mean())


def frame_to_values(frames: int, rounds: int) -> dict[str, Any]:
    """Processor time of a JointState of 20 joints at 500 Hz: ours from frame to values, beside websockets and json."""
    bare, ours = list[float](), list[float]()
    for _ in range(rounds):
        for measure, found in ((_bare, bare), (_ours, ours)):
            command = [sys.executable, "-c", f"from {__name__} import serve_frames; serve_frames({frames})"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            try:
                assert process.stdout is not None
                found.append(measure(process.stdout.readline().strip(), frames))
            finally:
                process.kill()
                process.wait()
    middle, quartiles = ratio(np.array(ours), np.array(bare))
    return {"ours_us": float(np.median(ours)), "bare_us": float(np.median(bare)), "ratio": middle,
            "quartiles": quartiles, "rounds": rounds}  # fmt: skip


def _bare(uri: str, frames: int) -> float:
    from websockets.sync.client import connect

    with connect(uri, compression=None, proxy=None) as socket:
        socket.send("{}")
        began, n = time.process_time(), 0
        while json.loads(socket.recv())["op"] == "publish":
            n += 1
        return (time.process_time() - began) / n * 1e6


def _ours(uri: str, frames: int) -> float:
    angle = Observation(name="angle", topic="/joint_states", type=STATE, field="position", joints=NAMES)
    command = Command(topic="/cmd", type="std_msgs/msg/Float64MultiArray", kind="velocity", joints=NAMES, low=-1.0,
                      high=1.0)  # fmt: skip
    robot = Robot(format=2, control_step_s=0.002, uri=uri, observation=(angle,), command=command)
    client = client_of(robot)
    began = time.process_time()
    senses = Senses(client, robot)
    while not client.counts["status none"]:
        time.sleep(0.05)
    took = time.process_time() - began
    client.close()
    assert senses.numbers()["angle"] >= 0.95 * frames, client.last_problem
    return took / senses.numbers()["angle"] * 1e6


def serve_frames(frames: int) -> None:
    """States to whoever connects, at 500 Hz, then a status; until killed."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.server import serve

    rng = np.random.default_rng(0)
    some = rng.normal(size=(200, 3, 20)).tolist()

    def handler(connection: Any) -> None:
        connection.recv()
        due = time.perf_counter()
        for k in range(frames):
            position, velocity, effort = some[k % len(some)]
            seconds, rest = divmod(1.7e9 + k / FRAMES_HZ, 1)
            header = {"stamp": {"sec": int(seconds), "nanosec": math.floor(rest * 1e9)}, "frame_id": ""}
            message = {"header": header, "name": NAMES, "position": position, "velocity": velocity, "effort": effort}
            connection.send(json.dumps({"op": "publish", "topic": "/joint_states", "msg": message}))
            due += 1 / FRAMES_HZ
            time.sleep(max(0.0, due - time.perf_counter()))
        connection.send(json.dumps({"op": "status", "level": "none", "msg": "the end"}))
        with contextlib.suppress(ConnectionClosed):
            connection.recv()

    server = serve(handler, "127.0.0.1", 0, compression=None)
    print(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", flush=True)
    server.serve_forever()
