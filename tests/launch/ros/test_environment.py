"""A robot as a Gymnasium environment: a simulation behind it, and a robot that fails."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from innervate.errors import ConfigError, NonFiniteError
from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient
from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.server import Listen, RosbridgeServer
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.session.environment import RosEnv
from innervate.launch.ros.simulated.describe import describe
from innervate.launch.ros.simulated.simulation import Serving, SimulatedRobot


@pytest.fixture
def swimmer() -> Iterator[tuple[Robot, SimulatedRobot]]:
    """A swimmer in lock-step behind a server."""
    env = gym.make("innervate/Swim-v0", n_links=3, max_episode_steps=60)
    server = RosbridgeServer(Listen(port=0))
    one = SimulatedRobot(env, server, Serving(pace="lockstep", seed=4), 0.03)
    thread = threading.Thread(target=one.run)
    thread.start()
    import dataclasses

    yield dataclasses.replace(describe(env, 0.03, lockstep=True), uri=server.uri), one
    one.stop()
    thread.join()
    server.close()
    env.close()


def test_an_episode_is_that_of_the_environment_behind_it(swimmer: tuple[Robot, SimulatedRobot]) -> None:
    far = gym.make("innervate/Ros-v0", config=swimmer[0])
    near = gym.make("innervate/Swim-v0", n_links=3, max_episode_steps=60)
    (seen, _), (expected, _) = far.reset(), near.reset(seed=4)
    np.testing.assert_array_equal(seen, expected)
    rng = np.random.default_rng(0)
    for step in range(60):
        action = rng.uniform(-1, 1, 2).astype(np.float32)
        seen, reward, terminated, truncated, info = far.step(action)
        expected, wanted, _, cut, _ = near.step(action)
        np.testing.assert_array_equal(seen, expected)
        assert reward == wanted and not terminated and truncated == cut == (step == 59)
        assert 0 <= info["observation_age_s"] < 1 and 0 < info["round_trip_s"] < 1 and info["reason"] == ""
    far.close()


def test_not_finite_actions_are_named_and_stop_the_robot(swimmer: tuple[Robot, SimulatedRobot]) -> None:
    env = RosEnv(swimmer[0])
    env.reset()
    with pytest.raises(NonFiniteError, match="motor_1 is nan"):
        env.step(np.array([0.5, math.nan]))
    with pytest.raises(WireError, match=r"stopped.*motor_1.*release"):
        env.reset()
    env.link.release()
    env.reset()
    with pytest.raises(ConfigError, match="has shape"):
        env.step(np.zeros(3))
    env.close()


def test_a_lost_link_truncates_with_the_reason_and_comes_back(swimmer: tuple[Robot, SimulatedRobot]) -> None:
    import dataclasses

    robot, _ = swimmer
    robot = dataclasses.replace(robot, safety=dataclasses.replace(robot.safety, max_age_s=2.0))
    env = RosEnv(robot)
    env.reset()
    wire: Any = env.link.wire
    assert isinstance(wire, RosbridgeClient)
    wire._connection.close()  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]
    while wire.alive():
        time.sleep(0.001)
    _, _, terminated, truncated, info = env.step(np.zeros(2))
    assert truncated and not terminated and info["reason"]
    until = time.monotonic() + 10
    while not wire.alive() and time.monotonic() < until:
        time.sleep(0.01)
    env.reset()
    assert not env.step(np.zeros(2))[3]
    wire.call("/pause", "std_srvs/srv/SetBool", {"data": True})  # a robot that says nothing more
    _, _, _, truncated, info = env.step(np.zeros(2))
    assert truncated and info["missed"] >= 1 and info["reason"]
    env.close()


def test_emergency_stop_by_topic_truncates(swimmer: tuple[Robot, SimulatedRobot]) -> None:
    robot, simulated = swimmer
    env = RosEnv(robot)
    env.reset()
    other = RosbridgeClient(ClientConfig(uri=robot.uri))
    other.advertise("/emergency_stop", "std_msgs/msg/Bool")
    other.publish("/emergency_stop", {"data": True})
    until = time.monotonic() + 10
    while not (env.link.layer.latched and simulated.stopped_by_message) and time.monotonic() < until:
        time.sleep(0.005)
    _, _, _, truncated, info = env.step(np.ones(2))
    assert truncated and "told on /emergency_stop" in info["reason"]
    assert not simulated.applied.any()
    other.close()
    env.close()


def test_what_is_missing_is_said(wire: Any, robot: Callable[..., Robot]) -> None:
    with pytest.raises(ConfigError, match="Which robot"):
        gym.make("innervate/Ros-v0")
    with pytest.raises(WireError, match="angle never came on /joint_states"):
        RosEnv(robot(), wire=wire, timeout_s=0.1)
    assert not wire.up  # nothing is left open
