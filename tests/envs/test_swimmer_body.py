"""The swimmer is dm_control's: compared on the compiled models, and in motion."""

import mujoco
import numpy as np
import pytest

from innervate.envs.bodies.swimmer import joint_names, link_names, swimmer
from innervate.errors import ModelError


def theirs(n_links: int) -> mujoco.MjModel:
    from dm_control.suite import common
    from dm_control.suite import swimmer as suite

    xml, _ = suite.get_model_and_assets(n_links)
    files = {name.removeprefix("./"): content for name, content in common.ASSETS.items()}
    return mujoco.MjSpec.from_string(xml.decode(), include=files, assets=files).compile()


@pytest.fixture(scope="module", params=[3, 6, 15, 20])
def pair(request: pytest.FixtureRequest) -> tuple[mujoco.MjModel, mujoco.MjModel]:
    return swimmer(request.param).compile(), theirs(request.param)


def test_masses_and_places_of_the_bodies(pair: tuple[mujoco.MjModel, mujoco.MjModel]) -> None:
    ours, dm = pair
    assert ours.nbody == dm.nbody
    for name in link_names(ours.nbody - 1):
        a, b = ours.body(name), dm.body(name)
        np.testing.assert_array_equal(a.mass, b.mass)
        np.testing.assert_allclose(a.inertia, b.inertia, rtol=1e-12)
        for field in ("ipos", "iquat", "pos", "quat"):
            np.testing.assert_allclose(getattr(a, field), getattr(b, field), atol=1e-15)


def test_joints_and_motors(pair: tuple[mujoco.MjModel, mujoco.MjModel]) -> None:
    ours, dm = pair
    names = ("rootx", "rooty", "rootz", *joint_names(ours.nbody - 1))
    assert [dm.joint(i).name for i in range(dm.njnt)] == list(names)
    assert [ours.joint(i).name for i in range(ours.njnt)] == list(names)
    for name in names:
        a, b = ours.joint(name), dm.joint(name)
        for field in ("type", "limited", "range", "axis", "pos", "stiffness", "damping", "armature", "frictionloss"):
            np.testing.assert_array_equal(getattr(a, field), getattr(b, field), err_msg=f"{field} of {name}")
        if a.limited[0]:
            for field in ("jnt_solref", "jnt_solimp", "jnt_margin"):
                np.testing.assert_array_equal(getattr(ours, field)[a.id], getattr(dm, field)[b.id])
    for field in ("actuator_gear", "actuator_ctrlrange", "actuator_gainprm", "actuator_biasprm", "actuator_trnid"):
        np.testing.assert_array_equal(getattr(ours, field), getattr(dm, field))
    np.testing.assert_array_equal(ours.actuator_ctrllimited, dm.actuator_ctrllimited)


def test_fluid_and_solver(pair: tuple[mujoco.MjModel, mujoco.MjModel]) -> None:
    ours, dm = pair
    for field in ("timestep", "density", "viscosity", "integrator", "solver", "iterations", "tolerance", "cone"):
        assert getattr(ours.opt, field) == getattr(dm.opt, field), field
    assert ours.opt.disableflags == dm.opt.disableflags
    np.testing.assert_array_equal(ours.opt.gravity, dm.opt.gravity)


def test_published_figures_of_six_links() -> None:
    model = swimmer(6).compile()
    assert model.opt.density == 3000
    assert model.opt.timestep == 0.002
    np.testing.assert_allclose(np.degrees(model.jnt_range[3:]), [[-60, 60]] * 5)
    np.testing.assert_allclose(model.actuator_gear[:, 0], 5e-4)
    np.testing.assert_allclose(model.body_mass[1:], 0.01)


@pytest.mark.parametrize("n_links", [3, 6, 15])
def test_moves_as_theirs_under_the_same_controls(n_links: int) -> None:
    models = swimmer(n_links).compile(), theirs(n_links)
    rng = np.random.default_rng(n_links)
    bend = rng.uniform(-1, 1, n_links - 1) * 2 * np.pi / n_links
    controls = rng.uniform(-1.2, 1.2, (200, n_links - 1))  # beyond the range, so that clipping is compared too
    ends: list[np.ndarray] = []
    for model in models:
        data = mujoco.MjData(model)
        data.qpos[3:] = bend
        for control in controls:
            data.ctrl[:] = control
            mujoco.mj_step(model, data, nstep=15)
        ends.append(np.concatenate([data.qpos, data.qvel]))
    assert np.abs(ends[0][:2]).max() > 1e-3  # it has moved
    np.testing.assert_allclose(ends[0], ends[1], rtol=0, atol=1e-9)


@pytest.mark.parametrize("n_links", [-1, 1, 2, 21, 400])
def test_refuses_other_numbers_of_links(n_links: int) -> None:
    with pytest.raises(ModelError, match=rf"3 to 20 links; n_links={n_links}"):
        swimmer(n_links)


def test_a_positive_joint_angle_swings_the_tail_to_the_right() -> None:
    model = swimmer(6).compile()
    data = mujoco.MjData(model)
    data.qpos[3] = 0.5
    mujoco.mj_forward(model, data)
    forward = data.geom("nose").xpos - data.body("head").xpos
    left = np.cross([0, 0, 1], forward)
    tail = data.body("segment_4").xpos - data.body("head").xpos
    assert tail @ left < -0.01
