"""Gymnasium's own tasks on the batched engine, against Gymnasium's own classes."""

import copy
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.classic import ANT, HUMANOID, SWIMMER, Classic, classic
from innervate.envs.vector import BodyVectorEnv

PLAIN_ANT: dict[str, Any] = {"include_cfrc_ext_in_observation": False, "contact_cost_weight": 0.0}
PLAIN_HUMANOID: dict[str, Any] = {
    "include_cfrc_ext_in_observation": False, "include_cinert_in_observation": False,
    "include_cvel_in_observation": False, "include_qfrc_actuator_in_observation": False, "contact_cost_weight": 0.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "theirs", "options"),
    [(SWIMMER, "Swimmer-v5", {}), (ANT, "Ant-v5", PLAIN_ANT), (HUMANOID, "Humanoid-v5", PLAIN_HUMANOID)],
    ids=["swimmer", "ant", "humanoid"],
)
def test_observations_rewards_and_ends_are_gymnasium_s(rules: Classic, theirs: str, options: dict[str, Any]) -> None:
    world = classic(rules)
    ours = BodyVectorEnv(world, 3, threads=2, autoreset_mode="NextStep")
    base: Any = gym.make(theirs, **options).unwrapped
    ours.reset(seed=0)
    base.reset(seed=0)
    ours.action_space.seed(0)
    start = ours.engine.state(1)
    base.set_state(start[1 : 1 + base.model.nq], start[1 + base.model.nq : 1 + base.model.nq + base.model.nv])
    assert ours.single_action_space == base.action_space
    assert ours.control_step_s == pytest.approx(base.dt)
    ended = False
    before = place(base, rules)
    for _ in range(150):
        action = ours.action_space.sample()
        a, b = ours.step(action), base.step(action[1])
        np.testing.assert_allclose(a[0][1], b[0], rtol=2e-6, atol=1e-6)
        terms = {name: value[1] for name, value in a[4].items()}
        np.testing.assert_allclose(terms["reward/control"], b[4]["reward_ctrl"], rtol=1e-6)
        np.testing.assert_allclose(terms.get("reward/alive", 0), b[4].get("reward_survive", 0))
        # Gymnasium reads the places of ant and humanoid one substep late; here they are read from its present state
        now = place(base, rules)
        np.testing.assert_allclose(terms["reward/forward"], rules.forward * (now - before) / base.dt, atol=1e-8)
        before = now
        if rules is SWIMMER:
            np.testing.assert_allclose(a[1][1], b[1], rtol=1e-6, atol=1e-8)
        assert a[2][1] == b[2]
        if b[2]:
            ended = True
            break
    if rules is not ANT:  # a humanoid under random actions falls; a swimmer has nowhere to fall
        assert ended == (rules is HUMANOID)


def place(base: Any, rules: Classic) -> float:
    """Along x, of the torso or of the centre of mass."""
    fresh = copy.copy(base.data)
    mujoco.mj_forward(base.model, fresh)
    return float(fresh.subtree_com[1, 0] if rules.progress_of_mass else fresh.qpos[0])


def test_starts_are_drawn_as_gymnasium_draws_them() -> None:
    """The same seed gives the same start: uniform places; normal speeds for the ant."""
    for rules, theirs, options in ((SWIMMER, "Swimmer-v5", {}), (ANT, "Ant-v5", PLAIN_ANT)):
        ours = BodyVectorEnv(classic(rules), 1)
        base: Any = gym.make(theirs, **options).unwrapped
        expected = base.reset(seed=3)[0]
        if rules is ANT:
            expected[1:5] /= np.linalg.norm(expected[1:5])  # a sensor gives an orientation; qpos need not be one
        np.testing.assert_allclose(ours.reset(seed=3)[0][0], expected, rtol=1e-6, atol=1e-7)
