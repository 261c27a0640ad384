"""What a robot measures of its commands: their rate, their change, on any clock; and what a state costs to read."""

import contextlib
import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from jaxtyping import Float

from innervate.launch.bench._kit.timing import ratio
from innervate.launch.bench.ros.robot import STATE, Wave, client_of, robot_file, there
from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.robot_file import Command, Observation, Robot
from innervate.launch.ros.safety import Verdict
from innervate.launch.ros.session.drive import Driver
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.session.pace import SWITCH_S
from innervate.launch.ros.session.realtime import no_collection, real_time
from innervate.launch.ros.session.senses import Senses

STEP_S, WINDOW_S, TURN_S = 0.03, 0.1, 10.0
NAMES = tuple(f"joint_{i}" for i in range(20))
FRAMES_HZ = 500.0


class Noted(RobotLink):
    """Keeps when each command went out, its first value, and whether it was one to rest."""

    def __init__(self, robot: Robot, wire: Wire) -> None:
        self.noted: list[tuple[float, float, bool]] = []
        super().__init__(robot, wire)

    def _send(self, verdict: Verdict, now_s: float) -> None:
        before, began_s = self.counts["sent"], time.monotonic()
        super()._send(verdict, now_s)
        if self.counts["sent"] > before and verdict.command is not None:
            self.noted.append((began_s, float(verdict.command[0]), bool(verdict.stopped)))


def driven(hz: float, steps: int) -> dict[str, Any]:
    """States at `hz`, control step 0.03 s, `rate_per_s` 1: commands a second, and their change a second.

    The change is what all changes within a window add up to, over its length: where they were sent (`sent`), where
    they came (`change`), and from the first to the last that came (`whole`). A change that waits on its way comes
    closer to the next than it was sent: `late_s` is the longest such wait. A command to rest is no such change: it
    goes out at once, whatever the rate; `rests` counts them, before the last.
    """
    with there(hz) as robot:
        file = robot_file(robot.uri, pace="state", step_s=STEP_S, rate_per_s=1.0)
        link = Noted(file, client_of(file))
        _drive(link, Wave(STEP_S), steps)
        told = robot.take()
    sent, values = np.array([t for t, _, _ in link.noted]), np.array([value for _, value, _ in link.noted])
    rests = np.array([rest for _, _, rest in link.noted])
    came = np.array(told["times"])
    assert [row[0] for row in told["values"]] == values.tolist(), "commands were lost"
    changes = np.where(rests[1:], 0.0, np.abs(np.diff(values)))
    return {
        "hz": float((len(came) - 2) / (came[-2] - came[0])), "change": change_a_second(came, changes),
        "sent": change_a_second(sent, changes), "late_s": float((came - sent).max()), "n": len(came) - 1,
        "whole": float(changes.sum() / (came[-2] - came[0])), "rests": int(rests[:-1].sum()),
    }  # fmt: skip


def change_a_second(
    times: Float[np.ndarray, "command"], changes: Float[np.ndarray, "change"], window_s: float = WINDOW_S
) -> float:
    """The most that all changes between two commands at least `window_s` apart add up to, over the time between."""
    path, most = np.concatenate([[0.0], changes.cumsum()]), 0.0
    for i, first in enumerate(np.searchsorted(times, times + window_s).tolist()):
        if first < len(times):
            most = max(most, float(((path[first:] - path[i]) / (times[first:] - times[i])).max()))
    return most


def other_clock(offset_s: float, steps: int) -> dict[str, Any]:
    """JointTrajectory to a robot whose clock is off by so much: commands, and why any was refused or late."""
    with there(100.0, offset_s) as robot:
        file = robot_file(robot.uri, kind="position", step_s=STEP_S)
        _drive(RobotLink(file, client_of(file)), Wave(STEP_S), steps)
        told = robot.take()
    return {"n": len(told["times"]), "refused": told["refused"]}


def _drive(link: RobotLink, controller: Wave, steps: int) -> Driver:
    try:
        link.first_observation(5.0)
        driver = Driver(controller, link)
        driver.run(steps=steps)
    finally:
        link.close()
    return driver


def closed_loop(seconds: float, hz: float = 500.0, *, realtime: bool = False) -> dict[str, Any]:
    """Ticks within 1 ms of their time, in turns with a loop that only waits; and commands that did not come.

    Args:
        seconds: how long the robot is driven; a fifth of the whole is the bare loop's.
        hz: of the robot's states and of the control steps.
        realtime: both at real-time priority.
    """
    ours, bare, took_s, cpu_s = list[list[float]](), list[list[float]](), 0.0, 0.0
    turns = max(1, round(seconds / TURN_S))
    steps = round(seconds * hz / turns)
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)  # as `innervate ros drive` does
    with there(hz) as robot, ExitStack() as stack:
        link_file = robot_file(robot.uri, step_s=1 / hz)
        link = RobotLink(link_file, client_of(link_file))
        stack.callback(link.close)
        link.first_observation(5.0)
        began: list[float] = []
        driver = Driver(Wave(1 / hz), link, lambda tick: began.append(tick.now_s))
        stack.enter_context(no_collection())
        if realtime:
            stack.enter_context(real_time())
        for _ in range(turns):
            began.clear()
            began_s, began_cpu_s = time.monotonic(), time.process_time()
            driver.run(steps=driver.result.ticks + steps)
            took_s += time.monotonic() - began_s
            cpu_s += time.process_time() - began_cpu_s
            ours.append(list(began))
            link.rest("the bare loop's turn")
            bare.append(_waits(steps // 4, hz))
        stack.close()
        time.sleep(0.2)
        came = len(robot.take()["times"])
    sys.setswitchinterval(before_s)
    return {
        "ours": _in_time(ours, hz), "bare": _in_time(bare, hz), "lost": link.counts["sent"] - came,
        "n": turns * steps, "cpu": cpu_s / took_s,
    }  # fmt: skip


def _waits(n: int, hz: float) -> list[float]:
    """When a loop that does nothing else woke up, `n` times."""
    woke: list[float] = []
    due = time.monotonic()
    for _ in range(n):
        due = max(due + 1 / hz, time.monotonic() - 0.1 / hz)
        time.sleep(max(0.0, due - time.monotonic()))
        woke.append(time.monotonic())
    return woke


def _in_time(turns: Sequence[Sequence[float]], hz: float) -> float:
    """Share of ticks that came within a period and 1 ms of the one before."""
    steps = np.concatenate([np.diff(turn) for turn in turns])
    return float((np.abs(steps - 1 / hz) <= 1e-3).mean())


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
