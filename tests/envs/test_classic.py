"""Gymnasium's own tasks on the batched engine, side by side with Gymnasium's own classes."""

import copy
import warnings
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.registry import TASKS
from innervate.envs.tasks._locomotion import Locomotion

PLAIN: dict[str, dict[str, Any]] = {
    "ant": {"include_cfrc_ext_in_observation": False, "contact_cost_weight": 0.0},
    "humanoid": {
        "include_cfrc_ext_in_observation": False, "include_cinert_in_observation": False,
        "include_cvel_in_observation": False, "include_qfrc_actuator_in_observation": False, "contact_cost_weight": 0.0,
    },
    "swimmer": {}, "hopper": {}, "walker2d": {}, "half-cheetah": {},
}  # fmt: skip
"""What Gymnasium is asked for, so that it too leaves out what comes from contact forces and inertias."""
BODIES = pytest.mark.parametrize("name", PLAIN)
FALL = ("ant", "humanoid", "hopper", "walker2d")


def theirs(name: str, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*settotalmass.*")
        id_ = TASKS[name].id.removeprefix("innervate/").replace("-v0", "-v5")
        return gym.make(id_, **{**PLAIN[name], **options}).unwrapped


def ours(name: str, n: int, **options: Any) -> BodyVectorEnv:
    env = gym.make_vec(TASKS[name].id, n, "vector_entry_point", **options)
    assert isinstance(env, BodyVectorEnv)
    return env


def side_by_side(name: str, steps: int, **options: Any) -> int:
    """Steps until both ended, or `steps`; everything is compared on the way."""
    mine, base = ours(name, 3, threads=2, autoreset_mode="NextStep", **options), theirs(name, **options)
    mine.reset(seed=0)
    base.reset(seed=0)
    mine.action_space.seed(0)
    nq, nv = base.model.nq, base.model.nv
    start = mine.engine.state(1)
    base.set_state(start[1 : 1 + nq], start[1 + nq : 1 + nq + nv])
    task = mine.task
    assert isinstance(task, Locomotion)
    assert mine.single_action_space == base.action_space
    assert mine.single_observation_space.shape == base.observation_space.shape
    assert mine.control_step_s == pytest.approx(base.dt)
    before, free = place(base, task), name in ("ant", "humanoid")
    for step in range(1, steps + 1):
        action = mine.action_space.sample()
        a, b = mine.step(action), base.step(action[1])
        state = mine.engine.state(1)
        np.testing.assert_array_equal(state[1 : 1 + nq], base.data.qpos)
        np.testing.assert_array_equal(state[1 + nq : 1 + nq + nv], base.data.qvel)
        # of a free body, speeds are sensed in the world or in its frame: turned there, which rounds
        np.testing.assert_allclose(a[0][1], b[0].astype(np.float32), rtol=3e-7, atol=1e-7 if free else 0)
        terms = {key: value[1] for key, value in a[4].items()}
        np.testing.assert_allclose(terms["reward/control"], b[4]["reward_ctrl"], rtol=1e-6)  # theirs in float32
        assert terms.get("reward/alive", 0) == b[4].get("reward_survive", 0)
        # Gymnasium reads the places of ant and humanoid one substep late; here they are read from its present state
        now = place(base, task)
        np.testing.assert_allclose(terms["reward/forward"], task.rules.forward * (now - before) / base.dt, atol=1e-11)
        before = now
        assert a[2][1] == b[2]
        if not free:
            np.testing.assert_allclose(a[1][1], b[1], rtol=1e-6, atol=5e-7)
        if b[2]:
            return step
    return steps


@BODIES
def test_states_observations_rewards_and_ends_are_gymnasium_s(name: str) -> None:
    assert (side_by_side(name, 300) < 300) == (name in FALL)


@BODIES
def test_so_they_are_with_other_options(name: str) -> None:
    more: dict[str, Any] = {"terminate_when_unhealthy": False, "healthy_reward": 0.5} if name in FALL else {}
    if name in ("hopper", "walker2d"):
        more |= {"healthy_angle_range": (-0.05, 0.3), "healthy_z_range": (0.9, 1.3)}
    if name == "hopper":
        more |= {"healthy_state_range": (-3.0, 3.0)}
    steps = side_by_side(
        name, 200, forward_reward_weight=0.7, ctrl_cost_weight=0.3, exclude_current_positions_from_observation=False,
        **more,
    )  # fmt: skip
    assert steps == 200


@BODIES
def test_starts_are_drawn_as_gymnasium_draws_them(name: str) -> None:
    """The same seed gives the same start, bit for bit."""
    mine, base = ours(name, 2, reset_noise_scale=0.07), theirs(name, reset_noise_scale=0.07)
    for seed in range(3):
        mine.reset(seed=seed)
        base.reset(seed=seed)
        state = mine.engine.state(0)
        np.testing.assert_array_equal(state[1 : 1 + base.model.nq], base.data.qpos)
        np.testing.assert_array_equal(state[1 + base.model.nq :][: base.model.nv], base.data.qvel)


def place(base: Any, task: Locomotion) -> float:
    """Along x, of the torso or of the centre of mass."""
    fresh = copy.copy(base.data)
    mujoco.mj_forward(base.model, fresh)
    return float(fresh.subtree_com[1, 0] if task.rules.progress_of_mass else fresh.qpos[0])


@BODIES
def test_the_time_limit_is_gymnasium_s(name: str) -> None:
    assert TASKS[name].max_episode_steps == gym.spec(theirs(name).spec.id).max_episode_steps


def test_a_clipped_velocity_is_clipped_in_the_observation_alone() -> None:
    env = ours("hopper", 1)
    env.reset(seed=0)
    state = env.engine.snapshot()
    joint = env.model.jnt_dofadr[env.model.joint("leg_joint").id]
    state["state"][0, 1 + env.model.nq + joint] = 60.0
    env.restore({**state, "ended": np.zeros(1, bool)})
    observation, *_ = env.step(np.zeros((1, 3)))
    assert abs(env.engine.state(0)[1 + env.model.nq + joint]) > 10
    assert np.abs(observation).max() == 10
