"""What a client that comes late learns of a served body: its tree, its fixed frames, its nodes, its state."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import pytest

from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient
from innervate.launch.ros.bridge.errors import RobotFileError
from innervate.launch.ros.bridge.named_wire import in_namespace, remappings
from innervate.launch.ros.bridge.server import Listen, RosbridgeServer
from innervate.launch.ros.simulated.simulation import Serving, SimulatedRobot


@pytest.fixture
def server() -> Iterator[RosbridgeServer]:
    one = RosbridgeServer(Listen(port=0))
    yield one
    one.close()


@pytest.fixture
def client(server: RosbridgeServer) -> Iterator[RosbridgeClient]:
    one = RosbridgeClient(ClientConfig(uri=server.uri))
    yield one
    one.close()


def heard(client: RosbridgeClient, topic: str, type_: str) -> Callable[[], Any]:
    """Waits for the next message of a topic."""
    news, found = threading.Event(), list[Any]()
    client.subscribe(topic, type_, lambda message, now: (found.append(message), news.set()))

    def get() -> Any:
        assert news.wait(5.0)
        news.clear()
        return found[-1]

    return get


def test_a_late_client_gets_the_tree_the_fixed_frames_and_the_state(server: Any, client: Any) -> None:
    env = gym.make("innervate/Swim-v0", n_links=3)
    robot = SimulatedRobot(env, server, Serving(pace="lockstep"), 0.03)
    text = heard(client, "/robot_description", "std_msgs/msg/String")()["data"]
    assert text.startswith("<robot") and all(joint in text for joint in robot.body.joints)  # type: ignore[union-attr]
    fixed = heard(client, "/tf_static", "tf2_msgs/msg/TFMessage")()
    state = heard(client, "/innervate/state", "std_msgs/msg/String")
    assert isinstance(fixed["transforms"], list) and state()["data"] == "inactive"
    client.publish("/joint_commands", {"data": [0.1, 0.1]})
    until = time.monotonic() + 5
    while not robot.inbox.waiting() and time.monotonic() < until:
        time.sleep(0.005)
    robot.step()
    assert state()["data"] == "active"
    env.close()


def test_parameters_and_nodes_by_rosapi(server: Any, client: Any) -> None:
    server.advertise("/joint_states", "sensor_msgs/msg/JointState")
    server.parameter("/robot_description", "<robot/>")

    def ask(service: str, **request: Any) -> Any:
        return client.call(f"/rosapi/{service}", "x/X", request)

    for name in ("robot_description", "/robot_description", "/robot_state_publisher:robot_description"):
        assert ask("get_param", name=name)["value"] == '"<robot/>"' and ask("has_param", name=name)["exists"]
    assert ask("get_param_names")["names"] == ["/robot_description"]
    assert not ask("get_param", name="/none")["successful"] and not ask("set_param", name="/x", value="1")["successful"]
    now = ask("get_time")["time"]
    assert now["sec"] == now["secs"] and now["nanosec"] == now["nsecs"]
    client.advertise("/cmd", "std_msgs/msg/Float64MultiArray")
    client.subscribe("/joint_states", "sensor_msgs/msg/JointState", print)
    ours, other = ask("nodes")["nodes"]
    assert ask("node_details", node=ours)["publishing"] == ["/joint_states"]
    told = ask("node_details", node=other)
    assert told["publishing"] == ["/cmd"] and told["subscribing"] == ["/joint_states"]
    assert ask("node_details", node="/none") == {"subscribing": [], "publishing": [], "services": []}


def test_names_are_remapped_in_the_namespace(server: Any) -> None:
    pairs = remappings(["/joint_states:=/arm/states", "/left/odom:=odometry", "/tf:=/left/tf"])
    wire = in_namespace(server, "left", pairs)
    for topic in ("/joint_states", "/odom", "/tf", "/clock", "/imu"):
        wire.advertise(topic, "std_msgs/msg/Empty")
    assert sorted(server.topics()) == ["/arm/states", "/clock", "/left/imu", "/left/odometry", "/left/tf"]
    for bad in ("x", "a b:=c"):
        with pytest.raises(RobotFileError):
            in_namespace(server, "", remappings([bad]))
