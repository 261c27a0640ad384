"""Recordings: counted by their writer and by two readers that know nothing of it, and what a kill leaves."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from innervate.launch.bench.ros import peers as ros_peers
from innervate.launch.bench.ros.lockstep import robot_file, serving
from innervate.launch.ros.robot_file import load_robot
from innervate.launch.ros.session.drive import Driver
from innervate.launch.ros.session.link import RobotLink, with_options
from innervate.launch.ros.session.recording import Recorder
from innervate.launch.ros.session.replay import decisions
from innervate.launch.ros.session.wires import connect
from innervate.launch.ros.simulated.loading import make_controller

_ROSBAGS = """
import collections, json, pathlib, sys
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore
with AnyReader([pathlib.Path(sys.argv[1])], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
    counts = collections.Counter()
    for connection, _, data in reader.messages():
        reader.deserialize(data, connection.msgtype)
        counts[connection.topic] += 1
print(json.dumps(counts))
"""


def counted(run: Path, steps: int) -> dict[str, Any]:
    """Messages of a drive by topic: written, read by mcap-ros2-support, read by rosbags."""
    from mcap.reader import make_reader
    from mcap_ros2.decoder import DecoderFactory

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drive.mcap"
        robot = load_robot(robot_file(run, Path(folder) / "robot.json", lockstep=True))
        with serving(run, "embedded", "--pace", "lockstep") as (reach, _, _):
            robot = with_options(robot, uri=reach[1])
            recorder, link = Recorder(path, robot), RobotLink(robot, connect(robot))
            link.reset()
            Driver(make_controller(str(run)), link, recorder.tick).run(steps)
            link.close()
            recorder.close()
        with open(path, "rb") as file:
            messages = make_reader(file, decoder_factories=[DecoderFactory()]).iter_decoded_messages()
            theirs = dict(Counter(channel.topic for _, channel, _, _ in messages))
        command = [str(ros_peers.peers() / "clients/bin/python"), "-c", _ROSBAGS, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        rosbags = json.loads(done.stdout) if done.returncode == 0 else {"error": done.stderr[-300:]}
    return {"written": recorder.counts, "mcap_ros2": theirs, "rosbags": rosbags}


def killed(run: Path) -> dict[str, int]:
    """A drive killed with SIGKILL while it records: commands that the robot had taken, decisions that can be read."""
    with tempfile.TemporaryDirectory() as folder:
        path, log = Path(folder) / "drive.mcap", Path(folder) / "log.jsonl"
        robot = robot_file(run, Path(folder) / "robot.json", lockstep=True)
        with serving(run, "embedded", "--pace", "lockstep", "--log", str(log)) as (reach, environment, _):
            process = subprocess.Popen(
                [sys.executable, "-m", "innervate", "ros", "drive", str(run), "--robot", str(robot), "--record",
                 str(path), *reach], env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            until = time.monotonic() + 60
            while time.monotonic() < until and not (path.exists() and path.stat().st_size > 80_000):
                time.sleep(0.005)
            process.kill()
            process.wait()
        taken = json.loads(log.read_text().splitlines()[-1])["taken"]
        found = decisions(path)
    if [step for step, _, _ in found] != list(range(len(found))):
        return {"taken": taken, "read": 0}
    return {"taken": taken, "read": len(found)}
