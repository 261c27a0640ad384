"""The bridge against real ROS parts, which `bash .ci/ros` builds in a minute.

A missing part fails; INNERVATE_ROS_PEERS=off (as in `make test`) leaves all of them out, a folder says where they are.
"""

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from innervate.launch.bench.ros import (
    latency as ros_latency,
)
from innervate.launch.bench.ros import (
    lockstep as ros_lockstep,
)
from innervate.launch.bench.ros import (
    peers as ros_peers,
)
from innervate.launch.bench.ros import (
    recording as ros_recording,
)
from innervate.launch.ros.bridge.server import Listen, RosbridgeServer
from innervate.launch.ros.simulated.simulation import Serving, SimulatedRobot

WANTED = os.environ.get(ros_peers.VARIABLE, "")


@pytest.fixture(scope="module", autouse=True)
def there() -> None:
    if WANTED == "off":
        pytest.skip(f"{ros_peers.VARIABLE}=off")
    ros_peers.peers()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ros_lockstep.trained_swimmer(tmp_path_factory.mktemp("runs"), 8000)


@pytest.mark.parametrize("way", ["rust", "rclpy"])
def test_lock_step_over_real_parts_equals_the_direct_run(way: ros_lockstep.Way, run: Path) -> None:
    found = ros_lockstep.lockstep(run, way, 3, 100)
    assert found["steps"] == 100 and found["ulps"] <= (2 if way == "rust" else 0)


def test_round_trip_through_the_rust_server_and_a_ros_node() -> None:
    domain = ros_peers.any_domain()
    with ros_peers.rust_bridge(domain) as (uri, _), ros_peers.node("echo", domain):
        trips, lost = ros_latency.our_round_trips(uri, 50)
    assert lost <= 1 and len(trips) >= 49


def test_rosbags_reads_what_was_recorded(run: Path) -> None:
    counts = ros_recording.counted(run, 50)
    assert counts["written"] == counts["mcap_ros2"] == counts["rosbags"]
    assert counts["written"]["/innervate/observation"] == 50


@pytest.fixture
def simulation() -> Iterator[tuple[RosbridgeServer, SimulatedRobot]]:
    """A swimmer at real time behind the embedded server."""
    env = gym.make("innervate/Swim-v0", n_links=3)
    server = RosbridgeServer(Listen(port=0))
    one = SimulatedRobot(env, server, Serving(watchdog_s=5.0), 0.03)
    thread = threading.Thread(target=one.run)
    thread.start()
    yield server, one
    one.stop()
    thread.join()
    server.close()
    env.close()


ROSLIBPY = """
import json, sys, time
import roslibpy
ros = roslibpy.Ros("127.0.0.1", int(sys.argv[1]))
ros.run(timeout=10)
seen = []
state = roslibpy.Topic(ros, "/joint_states", "sensor_msgs/JointState")
state.subscribe(seen.append)
command = roslibpy.Topic(ros, "/joint_commands", "std_msgs/Float64MultiArray")
command.publish(roslibpy.Message({"data": [0.25, -0.5]}))
answer = roslibpy.Service(ros, "/pause", "std_srvs/SetBool").call(roslibpy.ServiceRequest({"data": False}), timeout=5)
until = time.time() + 10
while len(seen) < 10 and time.time() < until:
    time.sleep(0.01)
print(json.dumps({"names": seen[0]["name"], "n": len(seen), "answer": dict(answer), "topics": ros.get_topics()}))
ros.terminate()
"""

REQUESTS = """
import json, sys, threading
import roslibpy
ros = roslibpy.Ros("127.0.0.1", int(sys.argv[1]))
ros.run(timeout=10)
(ours, _), joints = ros.get_nodes(), sys.argv[2].split(",")
told = {
    "details": ros.get_node_details(ours), "params": ros.get_params(), "param": ros.get_param("/robot_description"),
    "type": ros.get_topic_type("/joint_states"), "of_type": ros.get_topics_for_type("sensor_msgs/msg/JointState"),
    "services": ros.get_services(), "service_type": ros.get_service_type("/pause"), "time": ros.get_time(),
    "request": ros.get_service_request_details("std_srvs/srv/SetBool"),
    "message": ros.get_message_details("sensor_msgs/msg/JointState"),
}
over, feedback, text, came = threading.Event(), [], [], threading.Event()
described = roslibpy.Topic(ros, "robot_description", "std_msgs/String")
described.subscribe(lambda m: (text.append(m["data"]), came.set()))
action = roslibpy.ActionClient(ros, "/follow_joint_trajectory", "control_msgs/action/FollowJointTrajectory")
point = {"effort": [0.3] * len(joints), "time_from_start": {"sec": 0, "nanosec": 200000000}}
goal = roslibpy.Goal({"trajectory": {"joint_names": joints, "points": [point]}})
action.send_goal(goal, lambda r: (told.update(status=r["status"]), over.set()), feedback.append, print)
told["followed"], told["described"] = over.wait(10), came.wait(10) and text[0] == told["param"]
print(json.dumps({**told, "feedback": len(feedback)}, default=str))
ros.terminate()
"""

ROSLIB = """
import * as ROSLIB from "roslib";
const ros = new ROSLIB.Ros({url: "ws://127.0.0.1:" + process.argv[2]});
ros.on("connection", () => {
  const seen = [];
  const state = new ROSLIB.Topic({ros, name: "/joint_states", messageType: "sensor_msgs/msg/JointState"});
  const command = new ROSLIB.Topic({ros, name: "/joint_commands", messageType: "std_msgs/msg/Float64MultiArray"});
  command.publish({data: [0.25, -0.5]});
  const pause = new ROSLIB.Service({ros, name: "/pause", serviceType: "std_srvs/srv/SetBool"});
  pause.callService({data: false}, (answer) => {
    state.subscribe((message) => {
      seen.push(message);
      if (seen.length === 10) ros.getTopics((topics) => {
        console.log(JSON.stringify({names: seen[0].name, n: seen.length, answer, topics: topics.topics}));
        process.exit(0);
      });
    });
  });
});
setTimeout(() => process.exit(1), 15000);
"""


def test_roslibpy_gets_an_answer_to_whatever_it_asks(
    simulation: tuple[RosbridgeServer, SimulatedRobot],
) -> None:
    server, robot = simulation
    python = str(ros_peers.peers() / "clients/bin/python")
    command = [python, "-c", REQUESTS, str(server.port), ",".join(robot.inbox.actuators)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["followed"] and told["described"] and told["feedback"] >= 3
    assert "/joint_states" in told["details"]["publishing"] and "/joint_commands" in told["details"]["subscribing"]
    assert told["type"] == "sensor_msgs/msg/JointState" and "/joint_states" in told["of_type"]
    assert "/pause" in told["services"] and told["service_type"] == "std_srvs/srv/SetBool"
    assert "position" in str(told["message"]) and "data" in str(told["request"]) and told["time"]


@pytest.mark.parametrize("client", ["roslibpy", "roslib"])
def test_independent_clients_meet_the_embedded_server(
    client: str, simulation: tuple[RosbridgeServer, SimulatedRobot], tmp_path: Path
) -> None:
    server, robot = simulation
    folder = ros_peers.peers()
    if client == "roslibpy":
        command = [str(folder / "clients/bin/python"), "-c", ROSLIBPY, str(server.port)]
    else:
        node = shutil.which("node")
        assert node is not None, "npm's roslib needs node"
        script = folder / "node" / f"client-{os.getpid()}.mjs"  # beside its node_modules, as imports want it
        script.write_text(ROSLIB)
        command = [node, str(script), str(server.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if client == "roslib":
        Path(command[1]).unlink()
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["n"] >= 10 and told["names"][-1] == "joint_1" and "/joint_states" in told["topics"]
    assert told["answer"]["success"] is True
    until = time.monotonic() + 5
    while robot.applied.tolist() != [0.25, -0.5] and time.monotonic() < until:
        time.sleep(0.01)
    assert robot.applied.tolist() == [0.25, -0.5]
