"""A simulation as a robot, in one process: its topics say what MuJoCo says, its services do what they are called."""

import dataclasses
import json
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.errors import ConfigError
from innervate.launch.ros.bridge.messages import check_message
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.simulated.body_messages import mujoco_of
from innervate.launch.ros.simulated.describe import describe
from innervate.launch.ros.simulated.simulation import Serving, SimulatedRobot

TYPES = {
    "/clock": "rosgraph_msgs/msg/Clock", "/joint_states": "sensor_msgs/msg/JointState", "/imu": "sensor_msgs/msg/Imu",
    "/odom": "nav_msgs/msg/Odometry", "/tf": "tf2_msgs/msg/TFMessage", "/reward": "std_msgs/msg/Float64",
}  # fmt: skip


@pytest.fixture
def swimmer(wire: Any) -> Iterator[SimulatedRobot]:
    env = gym.make("innervate/Swim-v0", n_links=3)
    yield SimulatedRobot(env, wire, Serving(pace="lockstep", seed=1), 0.03)
    env.close()


def last(wire: Any, topic: str) -> Any:
    return wire.sent[topic][-1][1]


def command(wire: Any, values: list[float]) -> None:
    wire.tell("/joint_commands", {"data": values})


def test_topics_are_valid_and_say_what_mujoco_says(wire: Any, swimmer: SimulatedRobot) -> None:
    for k in range(20):
        command(wire, [math.sin(k / 3), 0.5])
        swimmer.step()
    for topic, type_ in TYPES.items():
        check_message(type_, last(wire, topic))
    found = mujoco_of(swimmer.env)
    assert found is not None
    model, data = found
    joints = last(wire, "/joint_states")
    for name, position, velocity in zip(joints["name"], joints["position"], joints["velocity"], strict=True):
        assert position == data.joint(name).qpos[0] and velocity == data.joint(name).qvel[0]
    odom = last(wire, "/odom")
    position = odom["pose"]["pose"]["position"]
    np.testing.assert_allclose([position[a] for a in "xyz"], data.body("head").xpos)
    # The twist is in the frame of the head: turned back into the world it is the rate of its origin.
    twist = odom["twist"]["twist"]["linear"]
    world = data.body("head").xmat.reshape(3, 3) @ [twist[a] for a in "xyz"]
    jacobian = np.zeros((3, model.nv))
    mujoco.mj_jacBody(model, data, jacobian, None, data.body("head").id)
    np.testing.assert_allclose(world, jacobian @ data.qvel, atol=1e-9)
    assert last(wire, "/imu")["angular_velocity"]["z"] == pytest.approx(data.qvel[2])
    assert last(wire, "/clock")["clock"] == {"sec": 0, "nanosec": 630_000_000}
    frames = {t["child_frame_id"]: t["transform"]["translation"] for t in last(wire, "/tf")["transforms"]}
    np.testing.assert_allclose([frames["segment_1"][a] for a in "xyz"], data.body("segment_1").xpos)
    assert joints["name"] == ["rootx", "rooty", "rootz", "joint_0", "joint_1"]


def test_an_imu_at_rest_feels_gravity() -> None:
    from innervate.launch.ros.simulated.body_messages import BodyMessages

    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody><body name='b' pos='0 0 1'><joint name='j' type='hinge' axis='0 1 0'/>"
        "<geom size='.1' pos='0 0 -.2'/></body></worldbody></mujoco>"
    )
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    felt = BodyMessages(model).messages(data, 0.0)["/imu"]["linear_acceleration"]
    assert felt["z"] == pytest.approx(9.81) and abs(felt["x"]) < 1e-9


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"data": [0.1]}, "1 numbers for 2 actuators, motor_0, motor_1"),
        ({"data": [0.1, None]}, r"data\[1\] is null"),
        ({"data": np.array([0.1, math.nan])}, "motor_1 is nan"),
        ({}, "no 'data'"),
    ],
)
def test_bad_commands_are_left_out_and_named(
    message: Any, problem: str, wire: Any, swimmer: SimulatedRobot
) -> None:
    import re

    command(wire, [0.5, 0.5])
    wire.tell("/joint_commands", message)
    swimmer.step()
    np.testing.assert_array_equal(swimmer.applied, [0.5, 0.5])
    assert swimmer.inbox.counts == {"taken": 1, "refused": 1} and re.search(problem, swimmer.inbox.last_problem)


def test_trajectories_by_name_and_never_old_ones(wire: Any, swimmer: SimulatedRobot) -> None:
    point = {"effort": [0.25, -0.5]}
    wire.tell("/joint_trajectory", {"joint_names": ["motor_1", "motor_0"], "points": [point]})
    swimmer.step()
    np.testing.assert_array_equal(swimmer.applied, [-0.5, 0.25])
    for _ in range(40):
        command(wire, [0.0, 0.0])
        swimmer.step()
    old = {"stamp": {"sec": 0, "nanosec": 30_000_000}}
    wire.tell("/joint_trajectory", {"header": old, "joint_names": ["motor_1", "motor_0"], "points": [point]})
    assert "old by its stamp" in swimmer.inbox.last_problem


def test_commands_beyond_the_actuators_are_cut(wire: Any, swimmer: SimulatedRobot) -> None:
    command(wire, [7.0, -1e300])
    swimmer.step()
    np.testing.assert_array_equal(swimmer.applied, [1.0, -1.0])


def test_services(wire: Any, tmp_path: Path) -> None:
    env = gym.make("innervate/Swim-v0", n_links=3)
    one = SimulatedRobot(env, wire, Serving(pace="lockstep", seed=7, log=tmp_path / "log"), 0.03)
    thread = threading.Thread(target=one.run)
    thread.start()
    call = wire.call
    assert call("/step", "", {}) == {"success": False, "message": "Pause the simulation first."}
    assert call("/pause", "", {"data": 1})["success"] is False
    assert call("/pause", "", {"data": True})["success"] is True
    assert call("/get_simulation_state", "", {})["state"] == {"state": 2}
    assert call("/step", "", {})["message"] == "episode 0, step 1, 0.060 s"
    assert call("/step_simulation", "", {"steps": 9})["result"]["result"] == 1 and one.steps == 10
    assert call("/step_simulation", "", {"steps": 0})["result"]["result"] == 4
    assert call("/reset", "", {})["message"] == "episode 1, step 0, 0.330 s"  # the clock goes on
    expected, _ = gym.make("innervate/Swim-v0", n_links=3).reset(seed=8)
    np.testing.assert_array_equal(last(wire, "/observation/joint_angle")["position"], expected[:2])
    assert call("/reset_simulation", "", {})["result"]["result"] == 1 and one.episode == 1  # it had not moved
    assert call("/set_simulation_state", "", {"state": {"state": 1}})["result"]["result"] == 1
    assert call("/step_simulation", "", {"steps": 1})["result"]["result"] == 3
    assert 24 in call("/get_simulator_features", "", {})["features"]["features"]
    call("/set_simulation_state", "", {"state": {"state": 3}})
    thread.join(10)
    assert not thread.is_alive()
    (line,) = [json.loads(text) for text in (tmp_path / "log").read_text().splitlines()]
    assert line["episode"] == 0 and line["seed"] == 7 and line["steps"] == 10
    env.close()


def test_real_time_rests_without_commands(wire: Any) -> None:
    env = gym.make("innervate/Swim-v0", n_links=3)
    one = SimulatedRobot(env, wire, Serving(pace="fast", watchdog_s=1.0), 0.03)
    command(wire, [1.0, 1.0])
    one.step()
    assert one.applied.any()
    one.step()
    assert one.applied.any()  # not yet
    import time

    time.sleep(1.05)
    one.step()
    assert not one.applied.any() and one.rests == 1
    command(wire, [0.0, 1.0])
    one.step()
    assert one.applied.any()  # and goes on by itself
    wire.tell("/emergency_stop", {"data": True})
    command(wire, [1.0, 1.0])
    one.step()
    assert not one.applied.any()
    env.close()


def test_position_servos_hold(wire: Any) -> None:
    from innervate.launch.ros.simulated.body_messages import BodyMessages

    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody><body><joint name='j' type='hinge'/><geom size='.1'/></body></worldbody><actuator>"
        "<position name='servo' joint='j' ctrlrange='-2 2'/><motor name='motor' joint='j' ctrlrange='-1 1'/>"
        "</actuator></mujoco>"
    )
    data = mujoco.MjData(model)
    data.qpos[0] = 0.7
    mujoco.mj_forward(model, data)
    np.testing.assert_allclose(BodyMessages(model).rest(data), [0.7, 0.0])


class Pendulum(gym.Env[Any, Any]):
    """A joint with a position servo, as Gymnasium's own MuJoCo environments keep model and data."""

    def __init__(self) -> None:
        self.model = mujoco.MjModel.from_xml_string(
            "<mujoco><worldbody><body><joint name='j' type='hinge' damping='1'/><geom size='.1' pos='0 0 .2'/></body>"
            "</worldbody><actuator><position name='servo' joint='j' kp='50' ctrlrange='-2 2'/></actuator></mujoco>"
        )
        self.data = mujoco.MjData(self.model)
        self.observation_space = gym.spaces.Box(-10, 10, (1,))
        self.action_space = gym.spaces.Box(-2, 2, (1,))

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[0] = 0.6
        mujoco.mj_forward(self.model, self.data)
        return self.data.qpos.copy(), {}

    def step(self, action: Any) -> Any:
        self.data.ctrl[:] = action
        mujoco.mj_step(self.model, self.data, 10)
        return self.data.qpos.copy(), 0.0, False, False, {}


def test_stopping_a_servo_holds_it_from_the_first_command_on(wire: Any) -> None:
    env = Pendulum()
    robot = describe(env, 0.02)
    assert robot.command.kind == "position"
    command = dataclasses.replace(robot.command, rate_per_s=math.inf)
    robot = dataclasses.replace(robot, command=command, safety=dataclasses.replace(robot.safety, soft_start_s=0.0))
    link = RobotLink(robot, wire)
    simulated = SimulatedRobot(env, wire, Serving(pace="lockstep"), 0.02)
    topics = ("/joint_states", "/observation/observation")

    def one(stop: bool) -> float:
        for topic in topics:
            wire.tell(topic, last(wire, topic))
        verdict = link.rest("test") if stop else link.act(np.array([0.5]))
        assert verdict.command is not None
        wire.tell("/joint_commands", last(wire, "/joint_commands"))
        simulated.step()
        return float(verdict.command[0])

    assert one(stop=True) == 0.6  # where it is, not zero
    for _ in range(100):
        assert one(stop=False) == 1.0  # half of the range
    assert one(stop=True) == pytest.approx(1.0)
    link.close()


def test_a_vehicle_takes_twists(wire: Any) -> None:
    env = gym.make("innervate/Arena-v0")
    one = SimulatedRobot(env, wire, Serving(pace="lockstep"), 0.1)
    for _ in range(50):
        wire.tell("/cmd_vel", {"linear": {"x": 0.5}, "angular": {"z": 0.4}})
        one.step()
    twist = last(wire, "/odom")["twist"]["twist"]
    assert twist["linear"]["x"] == pytest.approx(0.5, abs=0.1) and twist["angular"]["z"] == pytest.approx(0.4, abs=0.15)
    env.close()


def test_gymnasiums_and_dm_controls_bodies_serve_too(wire: Any) -> None:
    for id_, joints in (("Swimmer-v5", 2), ("innervate/dm_control.cartpole-balance-v0", 2)):
        env = gym.make(id_)
        one = SimulatedRobot(env, wire, Serving(pace="lockstep"), 0.04)
        robot = describe(env, 0.04)
        wire.tell("/joint_commands", {"data": [0.1] * len(robot.command.joints)})
        one.step()
        assert len([n for n in last(wire, "/joint_states")["name"] if n]) >= joints
        env.close()
    with pytest.raises(ConfigError, match="bounded commands"):
        SimulatedRobot(gym.make("CartPole-v1"), wire, Serving(), 0.02)
