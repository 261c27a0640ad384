"""The robot file of a simulation: a start for that of a real robot, and what `innervate ros serve` is driven with."""

import math
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np

from innervate.errors import ConfigError
from innervate.launch.ros.robot_file import FORMAT, Command, Observation, Robot
from innervate.launch.ros.safety import SafetyConfig
from innervate.launch.ros.simulated.body_messages import BodyMessages, mujoco_of
from innervate.launch.ros.simulated.command_inbox import JOINT_COMMANDS
from innervate.launch.ros.simulated.simulation import (
    EMERGENCY_STOP,
    OBSERVATION,
    REWARD,
    TERMINATED,
    TRUNCATED,
    channel_names,
)
from innervate.signals import Channel

_JOINT_STATE = "sensor_msgs/msg/JointState"
_FIELDS = {int(mujoco.mjtSensor.mjSENS_JOINTPOS): "position", int(mujoco.mjtSensor.mjSENS_JOINTVEL): "velocity"}
LOCKSTEP_AGE_S = 10.0
SOFT_START_S, RANGES_PER_S = 1.0, 10.0
"""A careful start: full size after a second, and from one end of the range to the other in no less than a tenth."""


def _read_by_joints(model: mujoco.MjModel, channel: Channel) -> tuple[str, tuple[str, ...]] | None:
    """Field and joints of a channel that is nothing but joint sensors, which every robot has."""
    sensors = [i for i in range(model.nsensor) if model.sensor(i).name.partition("/")[0] == channel.name]
    kinds = {int(model.sensor_type[i]) for i in sensors}
    if len(sensors) != channel.size or len(kinds) != 1 or not kinds <= _FIELDS.keys():
        return None
    return _FIELDS[kinds.pop()], tuple(model.joint(int(model.sensor_objid[i])).name for i in sensors)


def _servo_positions(model: mujoco.MjModel) -> Observation:
    """Measured positions of the joints that position servos move, in the servos' order."""
    if (model.actuator_trntype != int(mujoco.mjtTrn.mjTRN_JOINT)).any() or (model.actuator_gear[:, 0] != 1).any():
        raise ConfigError("Position servos on tendons or with a gear have no joint position to be held at.")
    joints = tuple(model.joint(int(i)).name for i in model.actuator_trnid[:, 0])
    return Observation(
        name="measured position", topic="/joint_states", type=_JOINT_STATE, field="position", joints=joints
    )  # fmt: skip


def describe(env: gym.Env[Any, Any], control_step_s: float, *, lockstep: bool = False) -> Robot:
    """The robot that `SimulatedRobot` poses as.

    Channels that are joint angles or velocities come from `/joint_states`, by name; the others from topics of the
    simulation's own, which on a real robot become an IMU, an odometry, or a constant.
    """
    space = env.action_space
    if not isinstance(space, gym.spaces.Box):
        raise ConfigError(f"A robot takes a vector of bounded commands (Box); this environment takes {space}.")
    found = mujoco_of(env)
    body = BodyMessages(found[0]) if found is not None else None
    channels: tuple[Channel, ...] | None = getattr(env.unwrapped, "channels", None)
    if channels is None:
        size = int(np.prod(env.observation_space.shape or (1,)))
        channels = (Channel("observation", size, "", None, "as Gymnasium has it"),)
    observations: list[Observation] = []
    for channel in channels:
        joints = _read_by_joints(body.model, channel) if body is not None else None
        if joints is not None:
            one = Observation(
                name=channel.name, topic="/joint_states", type=_JOINT_STATE, field=joints[0], joints=joints[1]
            )  # fmt: skip
        else:
            topic = f"{OBSERVATION}/{channel.name}"
            one = Observation(
                name=channel.name, topic=topic, type=_JOINT_STATE, field="position", joints=channel_names(channel)
            )  # fmt: skip
        observations.append(one)
    names = body.actuators if body is not None else ()
    if len(names) != space.shape[0]:
        names = tuple(f"actuator_{i}" for i in range(space.shape[0]))
    low, high = (tuple(edge.astype(np.float64).tolist()) for edge in (space.low, space.high))
    kind = body.kind() if body is not None else "effort"
    position = _servo_positions(body.model) if body is not None and kind == "position" else None
    # In lock-step a stop would be one step more; time stands still between two commands anyway.
    patient = SafetyConfig(soft_start_s=0.0, max_age_s=LOCKSTEP_AGE_S, watchdog_s=LOCKSTEP_AGE_S)
    careful = SafetyConfig(
        soft_start_s=SOFT_START_S, max_age_s=max(0.2, round(3 * control_step_s, 6)),
        watchdog_s=max(0.5, round(3 * control_step_s, 6)),
    )
    rates = tuple(((space.high - space.low).astype(np.float64) * RANGES_PER_S).tolist())
    return Robot(
        format=FORMAT, control_step_s=control_step_s, observation=tuple(observations), clock="sim",
        pace="state" if lockstep else "clock",
        command=Command(
            topic=JOINT_COMMANDS, type="std_msgs/msg/Float64MultiArray", kind=kind, joints=names, low=low, high=high,
            action_low=low, action_high=high, rate_per_s=math.inf if lockstep else rates,
        ),
        position=position,
        safety=patient if lockstep else careful,
        emergency_stop_topic=EMERGENCY_STOP, reset_service="/reset", reward_topic=REWARD, terminated_topic=TERMINATED,
        truncated_topic=TRUNCATED,
    )  # fmt: skip
