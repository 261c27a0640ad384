"""A trajectory as an action: every point of it followed, cancelled, replaced or refused; and a drive that calls one."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from innervate.launch.ros.bridge.actions import ABORTED, CANCELED, SUCCEEDED
from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient
from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.server import Listen, RosbridgeServer
from innervate.launch.ros.command import FOLLOW
from innervate.launch.ros.robot_file import Command, Observation, Robot
from innervate.launch.ros.safety import SafetyConfig
from innervate.launch.ros.session.drive import Driver
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.simulated.simulation import Serving, SimulatedRobot

from .fake import Constant

ACTION = "/follow_joint_trajectory"
STATE = "sensor_msgs/msg/JointState"


@pytest.fixture
def served() -> Iterator[SimulatedRobot]:
    env = gym.make("innervate/Swim-v0", n_links=3)
    server = RosbridgeServer(Listen(port=0))
    yield SimulatedRobot(env, server, Serving(pace="lockstep"), 0.03)
    server.close()
    env.close()


@pytest.fixture
def socket(served: SimulatedRobot) -> Iterator[Connection]:
    with connect(served.wire.uri, compression=None, proxy=None) as one:  # type: ignore[attr-defined]
        yield one


def goal(names: tuple[str, ...], points: list[tuple[float, list[float]]]) -> dict[str, Any]:
    told = [
        {"effort": values, "time_from_start": {"sec": 0, "nanosec": round(at * 1e9)}} for at, values in points
    ]  # fmt: skip
    return {"trajectory": {"joint_names": list(names), "points": told}}


def send(socket: Connection, id_: str, args: Any, action: str = ACTION, feedback: bool = False) -> None:
    frame = {"op": "send_action_goal", "id": id_, "action": action, "action_type": FOLLOW, "args": args}
    socket.send(json.dumps({**frame, "feedback": feedback}))


def got(socket: Connection) -> Any:
    return json.loads(socket.recv(timeout=5))


def until(ready: Any) -> None:
    end = time.monotonic() + 5
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_every_point_is_followed_with_feedback_and_a_result(served: SimulatedRobot, socket: Connection) -> None:
    names = served.inbox.actuators
    send(socket, "g", goal(names, [(0.06, [0.4, 0.0]), (0.12, [0.4, -0.4])]), feedback=True)
    until(served.inbox.waiting)
    told = []
    for _ in range(4):
        served.step()
        told.append(served.applied.tolist())
    np.testing.assert_allclose(told, [[0.2, 0.0], [0.4, 0.0], [0.4, -0.2], [0.4, -0.4]], atol=1e-9)
    frames = [got(socket) for _ in range(5)]
    assert [f["op"] for f in frames] == ["action_feedback"] * 4 + ["action_result"]
    assert frames[1]["values"]["desired"]["positions"] == pytest.approx([0.4, 0.0])
    assert frames[4]["status"] == SUCCEEDED and frames[4]["result"] and frames[4]["id"] == "g"
    assert frames[4]["action"] == ACTION and not served.inbox.waiting()


def test_cancelled_replaced_stopped_and_refused(served: SimulatedRobot, socket: Connection) -> None:
    names, long = served.inbox.actuators, [(3.0, [0.4, 0.0])]
    send(socket, "a", goal(names, long))
    send(socket, "b", goal(names, long))
    replaced = got(socket)
    assert replaced["id"] == "a" and replaced["status"] == ABORTED and "took its place" in str(replaced["values"])
    socket.send(json.dumps({"op": "cancel_action_goal", "id": "b", "action": ACTION}))
    cancelled = got(socket)
    assert cancelled["id"] == "b" and cancelled["status"] == CANCELED and not served.inbox.waiting()
    send(socket, "c", goal(names, long))
    stop = {"op": "publish", "topic": "/emergency_stop", "type": "std_msgs/msg/Bool", "msg": {"data": True}}
    socket.send(json.dumps(stop))
    assert got(socket)["status"] == ABORTED and not served.inbox.waiting()
    for args, why in (
        (goal(names[:1], [(0.1, [0.1])]), "should name"), (goal(names, [(0.2, [0, 0]), (0.1, [0, 0])]), "increase"),
        (goal(names, []), "no points"), ({}, "no trajectory"), ({"trajectory": 3}, "no trajectory"),
        (goal(names, [(0.1, [1.0])]), "1 effort for 2 joints"),
    ):  # fmt: skip
        send(socket, "bad", args)
        answer = got(socket)
        assert answer["result"] is False and why in answer["values"], answer
    send(socket, "d", {}, action="/none")
    assert "no action" in got(socket)["values"]
    socket.send(json.dumps({"op": "cancel_action_goal", "id": "none", "action": ACTION}))
    assert "under way" in got(socket)["msg"]
    socket.send(json.dumps({"op": "call_service", "service": "/rosapi/action_servers", "id": "1", "args": {}}))
    assert got(socket)["values"]["action_servers"] == [ACTION]


def test_a_drive_calls_the_action_that_its_robot_file_names() -> None:
    server, goals = RosbridgeServer(Listen(port=0)), list[Any]()
    server.advertise("/joint_states", STATE)
    quit_ = threading.Event()

    def tell() -> None:
        while not quit_.wait(0.01):
            server.publish("/joint_states", {"name": ["a", "b"], "position": [0.1, 0.2]})

    thread = threading.Thread(target=tell)
    thread.start()
    joints: dict[str, Any] = {"topic": "/joint_states", "type": STATE, "field": "position", "joints": ("a", "b")}
    robot = Robot(
        format=2, control_step_s=0.02, uri=server.uri, observation=(Observation(name="angle", **joints),),
        command=Command(topic="/arm/follow", type=FOLLOW, kind="position", joints=("a", "b"), low=-1.0, high=1.0),
        position=Observation(name="measured", **joints), safety=SafetyConfig(soft_start_s=0.0),
    )  # fmt: skip
    link = RobotLink(robot, RosbridgeClient(ClientConfig(uri=server.uri)))
    link.first_observation(5.0)
    driver = Driver(Constant(lambda n: 0.5, 0.02, 2, {"angle": 2}), link)
    with pytest.raises(WireError, match="/arm/follow is no action that is served"):
        driver.run(steps=3)
    server.act("/arm/follow", FOLLOW, lambda one: goals.append(one) if len(goals) < 3 else "enough")
    driver.run(steps=6)
    link.close()
    quit_.set()
    thread.join()
    server.close()
    first, last = goals[0].values["trajectory"], goals[2].values["trajectory"]
    assert first["joint_names"] == ["a", "b"] and last["points"][0]["positions"] == [0.5, 0.5]
    assert first["header"]["stamp"] == {"sec": 0, "nanosec": 0}
    assert link.wire.counts["goals refused"] >= 3 and "enough" in link.wire.last_problem  # type: ignore[attr-defined]
