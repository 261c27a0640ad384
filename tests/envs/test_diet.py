"""The lean model gives the same bits as the whole one, and leaves out only what it may."""

from pathlib import Path

import gymnasium
import mujoco
import numpy as np
import pytest

from innervate.envs import diet
from innervate.envs.engine import readings
from innervate.envs.engine.make import make_world
from innervate.envs.model import load_spec
from innervate.envs.registry import TASKS

ASSETS = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets"
MODELS = ["swimmer.xml", "ant.xml", "humanoid.xml", "hopper.xml", "walker2d.xml", "reacher.xml"]
NO_CONTACT = int(mujoco.mjtDisableBit.mjDSBL_CONTACT)


def trajectory(model: mujoco.MjModel, steps: int = 150) -> np.ndarray:
    data = mujoco.MjData(model)
    rng = np.random.default_rng(0)
    data.qvel[:] = rng.normal(size=model.nv)
    low, high = model.actuator_ctrlrange.T
    rows: list[np.ndarray] = []
    for _ in range(steps):
        data.ctrl[:] = rng.uniform(low, high)
        mujoco.mj_step(model, data, nstep=3)
        rows.append(np.concatenate([data.qpos, data.qvel, data.qacc_warmstart, data.sensordata]))
    return np.array(rows)


@pytest.mark.parametrize("name", MODELS)
def test_gymnasium_s_bodies_move_the_same(name: str) -> None:
    spec = load_spec(ASSETS / name)
    whole, lean = spec.compile(), diet.physics_model(spec, name)
    assert lean.opt.disableflags != whole.opt.disableflags or lean.nlight < whole.nlight
    moved = trajectory(lean)
    assert np.abs(moved[-1] - moved[0]).max() > 0.01
    np.testing.assert_array_equal(moved, trajectory(whole))


@pytest.mark.parametrize("task", TASKS)
def test_registered_bodies_move_the_same(task: str) -> None:
    world = make_world(task)
    np.testing.assert_array_equal(trajectory(world.physics, 400), trajectory(world.model, 400))
    assert world.physics.ncam == world.physics.nlight == 0
    assert world.model.ncam >= 1


@pytest.mark.parametrize(
    ("bodies", "collide"),
    [
        ("<geom size='1 1 1' type='plane'/><body><freejoint/><geom size='1'/></body>", True),
        ("<body><freejoint/><geom size='1'/><geom size='1' pos='.1 0 0'/></body>", False),  # one body
        ("<body><freejoint/><geom size='1' contype='0'/></body><geom size='1' conaffinity='0'/>", True),
        ("<body><freejoint/><geom size='1' contype='0'/></body><geom size='1' contype='0'/>", False),
        ("<body><freejoint/><geom size='1' contype='2' conaffinity='4'/></body><geom size='1'/>", False),
        ("<body><freejoint/><geom size='1' contype='2' conaffinity='1'/></body><geom size='1'/>", True),
    ],
)
def test_contacts_stay_where_something_can_touch(bodies: str, collide: bool) -> None:
    spec = load_spec(f"<mujoco><worldbody>{bodies}</worldbody></mujoco>")
    lean = diet.physics_model(spec, "x")
    assert bool(lean.opt.disableflags & NO_CONTACT) == (not collide)
    data = mujoco.MjData(spec.compile())
    mujoco.mj_forward(spec.compile(), data)
    assert bool(data.ncon) == collide  # MuJoCo's own answer; the geoms overlap


def test_an_explicit_pair_counts_as_touching() -> None:
    spec = load_spec(
        "<mujoco><worldbody><body><freejoint/><geom name='a' size='1' contype='0' conaffinity='0'/></body>"
        "<geom name='b' size='1' contype='0' conaffinity='0'/></worldbody>"
        "<contact><pair geom1='a' geom2='b'/></contact></mujoco>"
    )
    assert not diet.physics_model(spec, "x").opt.disableflags & NO_CONTACT


def test_a_camera_that_a_sensor_looks_through_stays() -> None:
    spec = load_spec(
        "<mujoco><worldbody><camera name='eye'/><camera name='idle'/><site name='s' pos='0 0 -1'/></worldbody>"
        "<sensor><camprojection camera='eye' site='s'/><framepos objtype='camera' objname='eye'/></sensor></mujoco>"
    )
    lean = diet.physics_model(spec, "x")
    assert [lean.camera(i).name for i in range(lean.ncam)] == ["eye"]


@pytest.mark.parametrize(
    ("sensors", "late"),
    [
        ("<velocimeter site='s'/><gyro site='s'/><framepos objtype='site' objname='s'/>", True),
        ("<velocimeter site='s'/><accelerometer site='s'/>", False),
        ("<touch site='s'/>", False),
        ("<gyro site='s' delay='.01' nsample='4'/>", False),
        ("<user dim='1' needstage='pos'/>", False),
    ],
)
def test_sensors_are_put_off_only_where_nothing_is_lost(sensors: str, late: bool) -> None:
    spec = load_spec(
        "<mujoco><worldbody><body><freejoint/><geom size='.1'/><site name='s'/></body></worldbody>"
        f"<sensor>{sensors}</sensor></mujoco>"
    )
    assert readings.only_at_the_end(spec.compile()) == late


def test_joint_sensors_are_read_from_the_state_only_if_there_are_no_others() -> None:
    body = (
        "<mujoco><worldbody><body><freejoint/><geom size='.1'/><body><joint name='a'/><geom size='.1'/>"
        "<body><joint name='b'/><geom size='.1'/></body></body></body></worldbody><sensor>{}</sensor></mujoco>"
    )
    only = load_spec(body.format("<jointvel joint='a'/><jointpos joint='b'/><jointpos joint='a'/>")).compile()
    columns = readings.state_columns(only)
    data = mujoco.MjData(only)
    data.qpos[:] = np.random.default_rng(0).normal(size=only.nq)
    data.qvel[:] = np.random.default_rng(1).normal(size=only.nv)
    mujoco.mj_forward(only, data)
    row = np.empty(mujoco.mj_stateSize(only, mujoco.mjtState.mjSTATE_INTEGRATION))
    mujoco.mj_getState(only, data, row, mujoco.mjtState.mjSTATE_INTEGRATION)
    assert columns is not None
    np.testing.assert_array_equal(row[columns], data.sensordata)
    for other in ("<jointpos joint='a' cutoff='1'/>", "<clock/>"):
        assert readings.state_columns(load_spec(body.format(other)).compile()) is None
