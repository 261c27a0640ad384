"""Force fields and springs on the arms, against mechanics worked out by hand and MuJoCo's own Jacobian."""

from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.bodies import arm as bodies
from innervate.envs.engine.make import make_world
from innervate.envs.engine.single import BodyEnv
from innervate.envs.tasks.force_field import PER_VELOCITY
from innervate.envs.tasks.reach import Reach
from innervate.errors import ConfigError, NonFiniteError

CURL = np.array([[0.0, 1.0], [-1.0, 0.0]])


def make(task: str, **options: Any) -> BodyEnv:
    env = gym.make(f"innervate/{task}-v0", **options).unwrapped
    assert isinstance(env, BodyEnv)
    return env


def velocity(data: mujoco.MjData, side: str = "right") -> np.ndarray:
    return data.sensor(f"hand_velocity/hand_{side}").data[:2].copy()


@pytest.mark.parametrize(("field", "matrix"), [("curl", CURL), ("viscous", -np.eye(2))])
@pytest.mark.parametrize("arms", [1, 2])
def test_the_field_pushes_the_hand_by_its_velocity_and_the_joints_by_the_transposed_jacobian(
    field: str, matrix: np.ndarray, arms: int
) -> None:
    env = make("ForceField", field=field, strength_n_s_m=20.0, arms=arms)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    before, now = (np.zeros((arms, 2)) for _ in range(2))
    for _ in range(40):
        posture = env.data.qpos.copy()
        before, now = now, np.array([velocity(env.data, side) for side in ("left", "right")[2 - arms :]])
        env.step(rng.uniform(0, 0.5, env.model.nu).astype(np.float32))
        data = env.data
        data.qpos[:], data.qvel[:] = posture, 0
        mujoco.mj_forward(env.model, data)
        torque = np.zeros(env.model.nv)
        for k, side in enumerate(("left", "right")[2 - arms :]):
            force = 20.0 * matrix @ (1.5 * now[k] - 0.5 * before[k])
            hand = env.model.body(f"hand_{side}").id
            np.testing.assert_allclose(data.xfrc_applied[hand, :2], force, atol=1e-10)
            jacobian = np.zeros((3, env.model.nv))
            mujoco.mj_jacSite(env.model, data, jacobian, None, env.model.site(f"hand_{side}").id)
            torque += jacobian[:2].T @ force
        with_force = data.qacc_smooth.copy()
        data.xfrc_applied[:] = 0
        mujoco.mj_forward(env.model, data)
        felt = np.zeros(env.model.nv)
        mujoco.mj_mulM(env.model, data, felt, with_force - data.qacc_smooth)
        np.testing.assert_allclose(felt, torque, atol=1e-9)
    assert np.abs(now).max() > 0.1


def moved_in(matrix: np.ndarray, step_s: float, seed: int) -> np.ndarray:
    """Hand path in a field that is renewed at each of MuJoCo's steps."""
    spec = bodies.arms()
    spec.option.timestep = step_s
    model = spec.compile()
    data, rng, jacobian = mujoco.MjData(model), np.random.default_rng(seed), np.zeros((3, 2))
    data.qpos[:] = np.radians([45, 90])
    hand, places = model.body("hand_right").id, list[np.ndarray]()
    for _ in range(50):
        data.ctrl[:] = rng.uniform(0, 0.3, 6)
        for _ in range(round(0.01 / step_s)):
            mujoco.mj_forward(model, data)
            mujoco.mj_jacSite(model, data, jacobian, None, model.site("hand_right").id)
            data.xfrc_applied[hand, :2] = matrix @ (jacobian @ data.qvel)[:2]
            mujoco.mj_step(model, data)
        mujoco.mj_forward(model, data)
        places.append(data.site_xpos[0, :2].copy())
    return np.array(places)


def excited(env: BodyEnv, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Hand path and forces on the hand over half a second of random excitations."""
    env.reset(seed=0)
    rng = np.random.default_rng(seed)
    hand, places, forces = env.model.body("hand_right").id, [env.data.site_xpos[0, :2].copy()], list[np.ndarray]()
    for _ in range(50):
        env.step(rng.uniform(0, 0.3, 6))
        places.append(env.data.site_xpos[0, :2].copy())
        forces.append(env.data.xfrc_applied[hand, :2].copy())
    return np.array(places), np.array(forces)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_curl_field_does_no_work_and_a_viscous_one_brakes(seed: int) -> None:
    for field in ("curl", "viscous"):
        places, forces = excited(make("ForceField", field=field), seed)
        steps = np.diff(places, axis=0)
        work = (forces * steps).sum()
        most = (np.linalg.norm(forces, axis=1) * np.linalg.norm(steps, axis=1)).sum()
        assert most > 0.1
        if field == "curl":
            assert abs(work) < 0.005 * most
        else:
            assert work < -0.99 * most


@pytest.mark.parametrize("seed", [0, 1])
def test_a_held_force_moves_the_hand_as_a_field_renewed_at_each_tenth_of_a_millisecond_does(seed: int) -> None:
    places, _ = excited(make("ForceField"), seed)
    fine = moved_in(13.0 * CURL, 1e-4, seed)
    none = moved_in(0.0 * CURL, 1e-3, seed)
    assert np.linalg.norm(places[-1] - fine[-1]) < 1e-3
    assert np.linalg.norm(none[-1] - fine[-1]) > 0.02


def test_catch_trials_and_signs_come_as_often_as_asked_for() -> None:
    def gains(**options: Any) -> np.ndarray:
        memory = make_world("force-field", **options).task.begin(np.random.default_rng(0), 4000)["userdata"]
        return memory[:, -2]

    assert set(gains(strength_n_s_m=-9.0)) == {-9.0}
    assert set(gains(catch=1.0)) == {0.0}
    np.testing.assert_allclose((gains(catch=0.2) == 0).mean(), 0.2, atol=0.03)
    drawn = gains(unknown_sign=True, catch=0.1)
    np.testing.assert_allclose([(drawn == g).mean() for g in (-13, 0, 13)], [0.45, 0.1, 0.45], atol=0.03)


def test_who_looks_can_tell_which_field_there_is() -> None:
    env = make("ForceField", catch=0.5, strength_n_s_m=-7.0)
    told: list[float] = []
    for seed in range(12):
        env.reset(seed=seed)
        info: dict[str, Any] = {}
        for _ in range(2):
            *_, info = env.step(np.full(6, 0.3, np.float32))
        told.append(info["field_n_s_m"])
        assert info["catch"] == (not env.data.xfrc_applied.any())
        assert info["catch"] == (told[-1] == 0)
    assert set(told) == {0.0, -7.0}


def test_a_catch_trial_is_a_reach_without_a_field() -> None:
    without, reach = make("ForceField", catch=1.0), make("Reach", reach_m=0.1)
    np.testing.assert_array_equal(excited(without, 3)[0], excited(reach, 3)[0])


def test_the_spring_pulls_both_hands_by_hooke_s_law() -> None:
    env = make("BimanualSpring", stiffness_n_m=55.0, rest_m=0.25, reach_m=None)
    free = make("BimanualSpring", stiffness_n_m=0.0, reach_m=None)
    pulled: list[bool] = []
    for seed in range(10):
        np.testing.assert_array_equal(env.reset(seed=seed)[0], free.reset(seed=seed)[0])
        data = env.data
        left, right = (data.site(f"hand_{side}").xpos.copy() for side in ("left", "right"))
        apart = np.linalg.norm(right - left)
        force = 55.0 * (apart - 0.25) * (right - left) / apart  # on the left hand
        torque = np.zeros(4)
        for side, sign in (("left", 1), ("right", -1)):
            jacobian = np.zeros((3, 4))
            mujoco.mj_jacSite(env.model, data, jacobian, None, env.model.site(f"hand_{side}").id)
            torque += jacobian.T @ (sign * force)
        np.testing.assert_allclose(data.qfrc_passive - free.data.qfrc_passive, torque, atol=1e-10)
        pulled.append(bool(apart > 0.25))
    assert len(set(pulled)) == 2  # it pushed too


def test_energy_is_kept_by_the_spring() -> None:
    """Without damping and muscles: what the arms gain, the spring loses."""
    world = make_world("bimanual-spring", stiffness_n_m=60.0, rest_m=0.1)
    model = world.model
    model.dof_damping[:], model.actuator_gainprm[:, 2], model.actuator_biasprm[:, 2] = 0, 1e-9, 1e-9
    model.opt.enableflags |= mujoco.mjtEnableBit.mjENBL_ENERGY
    data = mujoco.MjData(model)
    data.qpos[:] = np.radians([45, 90, 45, 90])
    mujoco.mj_forward(model, data)
    total, moving = [data.energy.sum()], list[float]()
    for _ in range(60):
        mujoco.mj_step(model, data)
        mujoco.mj_forward(model, data)
        total.append(data.energy.sum())
        moving.append(data.energy[1])
    np.testing.assert_allclose(total[0], 0.5 * 60.0 * (0.36 - 2 * 0.01697 - 0.1) ** 2, rtol=1e-3)
    assert max(moving) > 0.3 * total[0]
    np.testing.assert_allclose(total, total[0], rtol=1e-4)


@pytest.mark.parametrize(("reaches", "elsewhere"), [("left", {0}), ("right", {1}), ("either", {0, 1})])
def test_one_hand_has_a_target_elsewhere_and_the_other_one_where_it_is(reaches: str, elsewhere: set[int]) -> None:
    world = make_world("bimanual-spring", reaches=reaches, reach_m=0.12)
    start = world.task.begin(np.random.default_rng(0), 200)
    data = mujoco.MjData(world.model)
    found: set[int] = set()
    for posture, targets in zip(start["qpos"], start["mocap_pos"], strict=True):
        data.qpos[:] = posture
        mujoco.mj_kinematics(world.model, data)
        away = np.linalg.norm(targets - data.site_xpos[world.model.site("hand_left").id :: 2][:2], axis=1)
        np.testing.assert_allclose(np.sort(away), [0.0, 0.12], atol=1e-12)
        found.add(int(np.argmax(away)))
    assert found == elsewhere


@pytest.mark.parametrize("arms", [1, 2])
def test_centre_out_targets_lie_all_around_and_within_reach(arms: int) -> None:
    world = make_world("reach", reach_m=0.16, arms=arms)
    start = world.task.begin(np.random.default_rng(0), 300)
    assert isinstance(world.task, Reach)
    off = (start["mocap_pos"] - world.task.hand_at(start["qpos"].reshape(300, arms, 2)))[..., :2].reshape(-1, 2)
    angle = np.degrees(np.arctan2(off[:, 1], off[:, 0])).round(6) % 360
    assert set(angle) == set(np.arange(0, 360, 45.0))
    np.testing.assert_allclose(np.linalg.norm(off, axis=1), 0.16)
    where = start["mocap_pos"][..., :2] - np.array([[-0.18, 0], [0.18, 0]])[2 - arms :] * (arms == 2)
    distance = np.linalg.norm(where, axis=-1)
    elbow = np.arccos((distance**2 - 0.309**2 - 0.333**2) / (2 * 0.309 * 0.333))
    assert np.radians(20) < elbow.min()
    assert elbow.max() < np.radians(135)


@pytest.mark.parametrize(
    ("task", "options", "said"),
    [
        ("force-field", {"strength_n_s_m": float("nan")}, "finite strength; strength_n_s_m is nan"),
        ("force-field", {"field": "swirl"}, "'curl' or 'viscous'; 'swirl' was asked for"),
        ("force-field", {"catch": 1.5}, "between 0 and 1; catch is 1.5"),
        ("force-field", {"delay_s": 0.123}, "multiple of the control step, 0.01 s; it is 0.123 s"),
        ("force-field", {"reach_m": 0.3}, "up to 0.16 m all around; reach_m is 0.3"),
        ("force-field", {"load": "pulse", "force_n": float("nan")}, "force_n must be a finite number of 0 or more"),
        ("bimanual-spring", {"arms": 1}, "hands of 2 arms; arms=1 was asked for"),
        ("bimanual-spring", {"reaches": "both"}, "'left', 'right' or 'either'; 'both' was asked for"),
        ("bimanual-spring", {"stiffness_n_m": float("inf")}, "stiffness_n_m must be a finite number of 0 or more"),
        ("bimanual-spring", {"rest_m": -0.1}, "rest_m must be a finite number of 0 or more; it is -0.1"),
    ],
)
def test_bad_options_get_one_clear_sentence(task: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make_world(task, **options)


def test_a_force_on_the_hand_that_is_not_finite_stops_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    env = make("ForceField")
    env.reset(seed=0)
    monkeypatch.setitem(PER_VELOCITY, "curl", ((float("nan"), 1.0), (-1.0, 0.0)))
    with pytest.raises(NonFiniteError, match=r"ForceField\.drive gave a xfrc_applied that is not finite"):
        env.step(np.zeros(6, np.float32))
