"""Torques, stiffness and after-effects against MuJoCo's inverse dynamics, known springs and drawn paths."""

import math
from itertools import pairwise

import mujoco
import numpy as np
import pytest
import torch

from innervate.agents.twins.muscle_arm import MuscleArm
from innervate.controllers import Controller, Obs, State
from innervate.envs.bodies.arm import arms
from innervate.errors import ConfigError
from innervate.launch.analysis.measures import holding, reaching
from innervate.launch.analysis.measures.adaptation import after_effect, learning_index, signed_deviation
from innervate.launch.analysis.measures.torques import joint_angles, torques, torques_of_path
from innervate.launch.analysis.recordings.stiffness import curl_share, ellipse, held_stiffness, stiffness

LINKS = MuscleArm().links
DT_S = 0.001


class StretchReflex(Controller):
    """Every muscle pulls by how far it is stretched beyond a length of its own: an equilibrium that springs back."""

    LEVEL, GAIN_PER_M, DAMPING_S_M = 0.2, 8.0, 1.5
    LENGTH_M = MuscleArm().proprioception(MuscleArm().initial(torch.tensor([1.2, 1.4])))[0]

    def forward(self, obs: Obs, state: State) -> tuple[torch.Tensor, State]:
        steady = self.excitation(obs["muscle_length"])
        return 2 * (steady + self.DAMPING_S_M * obs["muscle_velocity"]).clamp(0, 1) - 1, state

    def excitation(self, length_m: torch.Tensor) -> torch.Tensor:
        return (self.LEVEL + self.GAIN_PER_M * (length_m - self.LENGTH_M)).clamp(0, 1)


def minimum_jerk(offset: np.ndarray, bend_m: float = 0.0, duration_s: float = 0.6) -> np.ndarray:
    """A reach by `offset` (m), bulging to its left by so much, (time, 1, 2)."""
    s = np.arange(0, duration_s + DT_S / 2, DT_S) / duration_s
    along = 10 * s**3 - 15 * s**4 + 6 * s**5
    left = np.array([-offset[1], offset[0]]) / np.linalg.norm(offset)
    return (along[:, None] * offset + bend_m * np.sin(np.pi * along)[:, None] * left)[:, None]


def test_muscle_torque_is_that_of_mujoco_s_inverse_dynamics() -> None:
    model, rng = arms().compile(), np.random.default_rng(0)
    model.dof_damping[:] = 0
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_ACTUATION | mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
    data = mujoco.MjData(model)
    angle, rate, acceleration = rng.uniform(0.2, 2, (1, 50, 2)), *rng.normal(0, 5, (2, 1, 50, 2))
    found = torques(LINKS, angle, rate, acceleration)
    for i in range(50):
        data.qpos[:], data.qvel[:], data.qacc[:] = angle[0, i], rate[0, i], acceleration[0, i]
        mujoco.mj_inverse(model, data)
        np.testing.assert_allclose(found.muscle[0, i], data.qfrc_inverse, atol=1e-10)
    np.testing.assert_allclose(found.net, found.muscle + found.interaction)


def test_interaction_torque_is_what_the_other_segment_s_motion_does() -> None:
    """With the other joint still there is none, and at the elbow it is the shoulder's doing alone."""
    rng = np.random.default_rng(1)
    angle, rate, acceleration = rng.uniform(0.2, 2, (1, 20, 2)), *rng.normal(0, 5, (2, 1, 20, 2))
    for joint in (0, 1):
        alone = np.zeros(2)
        alone[joint] = 1
        own = torques(LINKS, angle, rate * alone, acceleration * alone).interaction[..., joint]
        np.testing.assert_allclose(own, 0, atol=1e-12)
    shoulder_only = torques(LINKS, angle, rate * [1, 0], acceleration * [1, 0]).interaction[..., 1]
    both = torques(LINKS, angle, rate, acceleration).interaction[..., 1]
    np.testing.assert_allclose(both, shoulder_only)
    assert np.abs(both).min() > 0.01


def test_a_path_gives_the_torques_that_move_the_arm_along_it() -> None:
    """The torques, fed back to MuJoCo, move the hand along the same path."""
    hand = np.array([0.1, 0.35]) + minimum_jerk(np.array([-0.15, 0.1]))
    angle = joint_angles(LINKS, hand)
    feed = torques_of_path(LINKS, hand, DT_S).muscle[:, 0]
    spec = arms()
    spec.option.timestep = DT_S
    model = spec.compile()
    model.dof_damping[:] = 0
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_ACTUATION
    data = mujoco.MjData(model)
    data.qpos[:] = angle[0, 0]
    for now, after in pairwise(feed):
        data.qfrc_applied[:] = (now + after) / 2
        mujoco.mj_step(model, data)
    mujoco.mj_forward(model, data)
    np.testing.assert_allclose(data.site_xpos[0, :2], hand[-1, 0], atol=1e-3)
    share = torques_of_path(LINKS, hand, DT_S).interaction_share()
    assert share.shape == (1, 2)
    assert (share > 0.02).all()


def test_the_stiffness_of_known_joint_springs_is_found_by_pushing_the_hand() -> None:
    posture, springs = np.array([0.8, 1.6]), np.array([30.0, 20.0])
    model = arms().compile()
    model.dof_damping[:], model.opt.disableflags = 5.0, mujoco.mjtDisableBit.mjDSBL_ACTUATION
    model.jnt_stiffness[:] = springs if model.jnt_stiffness.ndim == 1 else np.pad(springs[:, None], ((0, 0), (0, 2)))
    model.qpos_spring[:] = posture
    data, jacobian = mujoco.MjData(model), np.zeros((3, 2))
    hand = model.body("hand_right").id

    def settled(force: np.ndarray) -> np.ndarray:
        mujoco.mj_resetData(model, data)
        data.qpos[:], data.xfrc_applied[hand, :2] = posture, force
        mujoco.mj_step(model, data, nstep=2000)
        mujoco.mj_forward(model, data)
        return data.site_xpos[0, :2].copy()

    angles = np.arange(8) * np.pi / 4
    forces = 0.2 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    rest = settled(np.zeros(2))
    found = stiffness(forces, np.array([settled(force) for force in forces]) - rest)
    mujoco.mj_resetData(model, data)
    data.qpos[:] = posture
    mujoco.mj_forward(model, data)
    mujoco.mj_jacSite(model, data, jacobian, None, 0)
    inverse = np.linalg.inv(jacobian[:2])
    np.testing.assert_allclose(found, inverse.T @ np.diag(springs) @ inverse, rtol=0.01, atol=1.0)
    assert curl_share(found) < 0.01


def test_a_controller_s_stiffness_is_that_of_its_muscles_and_its_reflexes() -> None:
    """K from MuJoCo's muscle torques at rest, the reflex closed, against pushes on the hand."""
    model, arm = arms().compile(), MuscleArm()
    reflex = StretchReflex(arm.spec)
    data, jacobian = mujoco.MjData(model), np.zeros((3, 2))

    def torque(posture: np.ndarray) -> np.ndarray:
        length = arm.proprioception(arm.initial(torch.tensor(posture, dtype=torch.float32)))[0]
        data.qpos[:], data.qvel[:], data.act[:] = posture, 0, reflex.excitation(length).numpy()
        mujoco.mj_forward(model, data)
        return data.qfrc_actuator.copy()

    rest, joint = np.array([1.2, 1.4]), np.eye(2)
    for _ in range(20):  # Newton's method for the posture in which no joint is driven
        joint = np.stack([(torque(rest - h) - torque(rest + h)) / 2e-3 for h in 1e-3 * np.eye(2)], axis=1)
        rest = rest + np.linalg.solve(joint, torque(rest))
    np.testing.assert_allclose(torque(rest), 0, atol=1e-3)
    mujoco.mj_jacSite(model, data, jacobian, None, 0)
    inverse = np.linalg.inv(jacobian[:2])
    for k in held_stiffness(reflex, 3):  # wherever the arm began
        np.testing.assert_allclose(k, inverse.T @ joint @ inverse, rtol=0.03, atol=3.0)


def test_the_stiffness_ellipse_points_where_the_hand_is_held_hardest() -> None:
    turn = math.radians(30)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    k = rotation @ np.diag([300.0, 100.0]) @ rotation.T
    rng = np.random.default_rng(0)
    away = rng.normal(size=(20, 2)) * 0.01
    found = ellipse(stiffness(away @ k.T, away))
    np.testing.assert_allclose([found.major, found.minor, found.angle_rad, found.area], [300, 100, turn, 3e4 * math.pi])
    np.testing.assert_allclose(found.elongation, 3)
    with pytest.raises(ConfigError, match="at least two directions"):
        stiffness(np.ones((3, 2)), np.ones((3, 1)) * np.array([[0.01, 0.0]]))


def test_the_sway_ellipse_lies_along_the_sway() -> None:
    turn = math.radians(120)
    axis = np.array([math.cos(turn), math.sin(turn)])
    path = (np.sin(np.linspace(0, 20 * np.pi, 4001))[:, None] * 0.01 * axis)[:, None]
    found = holding.sway(path)[0]
    np.testing.assert_allclose(found.angle_rad, turn, atol=1e-6)
    np.testing.assert_allclose(found.major, 0.01 / math.sqrt(2) * math.sqrt(-2 * math.log(0.05)), rtol=1e-3)
    assert found.minor < 1e-6


def test_deviation_has_its_sign_and_size_whichever_way_the_reach_goes() -> None:
    for angle in np.arange(8) * np.pi / 4:
        offset = 0.1 * np.array([math.cos(angle), math.sin(angle)])
        for bend in (0.02, -0.03):
            np.testing.assert_allclose(signed_deviation(minimum_jerk(offset, bend), offset[None]), bend, rtol=1e-4)


def test_after_effects_and_learning_are_told_apart_from_a_bias() -> None:
    offset = np.array([0.0, 0.1])
    before, early, late, gone = (minimum_jerk(offset, bend) for bend in (0.004, -0.026, -0.001, 0.024))
    np.testing.assert_allclose(after_effect(gone, before, offset[None]), 0.02, rtol=1e-3)
    assert after_effect(early, before, offset[None])[0] < 0  # the field pushes to the right
    field = signed_deviation(late, offset[None]) - signed_deviation(before, offset[None])
    np.testing.assert_allclose(
        learning_index(field, after_effect(gone, before, offset[None])), 0.02 / 0.025, rtol=2e-3
    )


def test_the_initial_direction_is_taken_before_the_path_bends_to_the_target() -> None:
    """A path that sets out at 45 degrees and ends on the target: the earlier, the larger the error."""
    s = np.arange(0, 0.6005, DT_S) / 0.6
    along = 10 * s**3 - 15 * s**4 + 6 * s**5
    path = np.stack([along * 0.1, 0.1 * along * (1 - along)], axis=-1)[:, None]  # slope 1 - 2 x/0.1
    target = np.array([[0.1, 0.0]])
    at_speed, at_rise = (reaching.direction_error(path, target, DT_S, at)[0] for at in ("speed", "acceleration"))
    steepest = (3 - math.sqrt(3)) / 6  # of the time: where minimum-jerk acceleration is greatest
    x = 10 * steepest**3 - 15 * steepest**4 + 6 * steepest**5
    # that instant is the straight reach's; the sideways part of the speed brings it forward a little
    assert at_speed < at_rise
    np.testing.assert_allclose(at_rise, math.atan(1 - 2 * x), atol=0.12)


def test_movement_time_is_how_long_the_hand_moves() -> None:
    still = np.zeros((200, 1, 2))
    there = minimum_jerk(np.array([0.1, 0.0]))
    path = np.concatenate([still, there, still + there[-1]])
    # 30 s^2 (1 - s)^2 / 1.875 = 0.05 at s = 0.0596: 12 % of the duration is slower than 5 % of the peak
    np.testing.assert_allclose(reaching.movement_time(path, DT_S), 0.6 * (1 - 2 * 0.0596), atol=4e-3)
