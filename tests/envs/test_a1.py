"""The A1's masses and inertias are those of the published model; hips held by springs are hips held by servos."""

import mujoco
import numpy as np
import pytest

from innervate.envs.bodies.a1 import LIMBS, STAND_M, STAND_RAD, a1

MASSES_KG = {"trunk": 4.713, "hip": 0.696, "thigh": 1.013, "calf": 0.226}
INERTIAS = {
    "hip": (0.000807752, 0.00055293, 0.000468983),
    "thigh": (0.00555739, 0.00513936, 0.00133944),
    "calf": (0.00340344, 0.00339393, 3.54834e-05),
}
TRUNK = ((0.0158533, -3.66e-05, -6.11e-05), (-3.66e-05, 0.0377999, -2.75e-05), (-6.11e-05, -2.75e-05, 0.0456542))


def test_masses_and_inertias() -> None:
    model = a1().compile()
    assert model.body_mass.sum() == pytest.approx(4.713 + 4 * (0.696 + 1.013 + 0.226))
    assert model.body("trunk").mass == pytest.approx(MASSES_KG["trunk"])
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, model.body("trunk").iquat)
    axes = turn.reshape(3, 3)
    np.testing.assert_allclose(axes @ np.diag(model.body("trunk").inertia) @ axes.T, TRUNK, atol=1e-7)
    for limb in LIMBS:
        for part, inertia in INERTIAS.items():
            body = model.body(f"{limb}_{part}")
            assert body.mass == pytest.approx(MASSES_KG[part])
            np.testing.assert_allclose(body.inertia, inertia, rtol=1e-5)
    assert model.nmesh == 0


def test_it_stands_at_home_and_feels_its_weight() -> None:
    model = a1().compile()
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.key("home").id)
    np.testing.assert_array_equal(data.qpos[7:], STAND_RAD * 4)
    assert data.qpos[2] == STAND_M
    mujoco.mj_step(model, data, nstep=1000)
    assert data.qpos[2] > 0.24
    weight = model.body_mass.sum() * 9.81
    assert sum(float(data.sensor(f"foot_force/{limb}").data[0]) for limb in LIMBS) == pytest.approx(weight, rel=0.02)


def test_hips_held_by_springs_move_as_hips_held_by_servos() -> None:
    rng, both = np.random.default_rng(0), []
    targets = np.array(STAND_RAD[1:] * 4) + rng.uniform(-0.3, 0.3, (40, 8))
    for hips in (True, False):
        model = a1(hips).compile()
        data = mujoco.MjData(model)
        mujoco.mj_resetDataKeyframe(model, data, model.key("home").id)
        assert model.nu == (12 if hips else 8)
        for target in targets:
            limbs = target.reshape(4, 2)
            data.ctrl[:] = np.pad(limbs, ((0, 0), (1, 0))).ravel() if hips else target
            mujoco.mj_step(model, data, nstep=5)
        both.append(data.qpos.copy())
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)
