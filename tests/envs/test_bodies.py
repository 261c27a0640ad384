"""Every body of the catalogue compiles and steps, and its sheet says what the compiled model has."""

import warnings
from pathlib import Path

import mujoco
import numpy as np
import pytest

from innervate.envs.model import load_spec
from innervate.envs.registry import BODIES, Bodies
from innervate.envs.sheet import sheet
from innervate.errors import ConfigError

EVERY = pytest.mark.parametrize("name", BODIES)


@EVERY
def test_it_compiles_and_moves_when_its_muscles_are_driven(name: str) -> None:
    model = BODIES[name]().compile()
    data = mujoco.MjData(model)
    assert model.actuator_ctrllimited.all()
    low, high = model.actuator_ctrlrange.T
    for _ in range(200):
        data.ctrl[:] = low + 0.8 * (high - low)
        mujoco.mj_step(model, data)
    assert np.isfinite(data.qpos).all()
    assert not any(warning.number for warning in data.warning)
    still = mujoco.MjData(model)
    mujoco.mj_step(model, still, nstep=200)
    assert np.abs(data.qpos - still.qpos).max() > 1e-3


@EVERY
def test_its_sensors_and_actuators_have_names(name: str) -> None:
    model = BODIES[name]().compile()
    assert model.nsensor
    assert all(model.sensor(i).name for i in range(model.nsensor))
    assert all(model.actuator(i).name for i in range(model.nu))
    assert BODIES.summary(name)


@EVERY
def test_its_sheet_is_the_compiled_model_s(name: str) -> None:
    spec = BODIES[name]()
    model, page = spec.compile(), sheet(spec)
    assert page.mass_kg == pytest.approx(model.body_mass.sum())
    assert page.timestep_s == model.opt.timestep
    for i, joint in enumerate(page.joints):
        assert joint.name == model.joint(i).name
        assert (joint.limits is not None) == bool(model.jnt_limited[i])
        np.testing.assert_array_equal(joint.limits or model.jnt_range[i], model.jnt_range[i])
    for i, actuator in enumerate(page.actuators):
        assert actuator.name == model.actuator(i).name
        np.testing.assert_array_equal(actuator.limits, model.actuator_ctrlrange[i])
    assert [s.name for s in page.sensors] == [model.sensor(i).name for i in range(model.nsensor)]
    assert sum(s.size for s in page.sensors) == model.nsensordata
    assert page.cameras == tuple(model.camera(i).name for i in range(model.ncam))
    assert sheet(model) == page
    assert all(s.name in str(page) for s in page.sensors)


BARE = """<mujoco model="bare"><worldbody><body name="arm"><joint/><joint name="elbow" type="slide" range="-1 2"/>
  <geom size=".1" mass="3"/></body></worldbody><actuator><motor joint="elbow"/><position name="p" joint="elbow" kp="4"/>
  </actuator><sensor><jointvel joint="elbow"/></sensor></mujoco>"""


def test_what_a_body_lacks_is_said() -> None:
    page = sheet(load_spec(BARE))
    assert (page.name, page.mass_kg) == ("bare", 3.0)
    assert [(j.kind, j.limits, j.unit) for j in page.joints] == [("hinge", None, "rad"), ("slide", (-1.0, 2.0), "m")]
    assert [(a.kind, a.on, a.target, a.unit) for a in page.actuators] == [
        ("motor", "joint", "elbow", "N"), ("position", "joint", "elbow", "m"),
    ]  # fmt: skip
    assert (page.sensors[0].kind, page.sensors[0].of, page.sensors[0].unit) == ("jointvel", "joint elbow", "m/s")
    said = "\n".join(page.missing)
    for what in (
        "Actuator 0 (on joint 'elbow', without a name) has no control range", "Actuator 'p' has no control range",
        "Joint 0, of body 'arm', has no name", "Sensor 0 (jointvel) has no name", "where joint 'elbow' is",
        "no keyframe", "no camera",
    ):  # fmt: skip
        assert what in said
    assert "no joints" in "\n".join(sheet(load_spec("<mujoco/>")).missing)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"""A body."""\n', "exactly one public function to MjSpec"),
        (
            '"""A body."""\nimport mujoco\ndef one(n: int) -> mujoco.MjSpec:\n    return mujoco.MjSpec()\n',
            "a default for every argument; n has none",
        ),
    ],
)
def test_a_file_that_makes_no_body_is_told_so(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "strange_bodies").mkdir()
    (tmp_path / "strange_bodies" / "__init__.py").touch()
    (tmp_path / "strange_bodies" / "odd.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("strange_bodies", "strange_bodies.odd"):
        monkeypatch.delitem(__import__("sys").modules, module, raising=False)
    bodies = Bodies("body", group="", package="strange_bodies", folder=tmp_path / "strange_bodies")
    with warnings.catch_warnings(), pytest.raises(ConfigError, match=message):
        bodies["odd"]
