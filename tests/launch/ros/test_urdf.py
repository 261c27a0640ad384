"""The tree that is described against the compiled model: every frame where MuJoCo has it, at any posture."""

from typing import Any
from xml.etree import ElementTree as Xml

import gymnasium as gym
import mujoco
import numpy as np
import pytest

import innervate  # noqa: F401  # pyright: ignore[reportUnusedImport]  (registers the environments)
from innervate.launch.ros.simulated.body_messages import mujoco_of
from innervate.launch.ros.simulated.urdf import static_transforms, urdf

CROOKED = """
<mujoco><compiler angle="radian"/><worldbody>
  <body name="post" pos="1 2 3" quat="0.6 0.8 0 0"><geom size="0.1"/><body name="top" pos="0 0 1"/></body>
  <body name="base" pos="0.3 0 1" quat="0.8 0 0.6 0">
    <joint name="swing" axis="0 1 1" pos="0.1 0.2 0.3" ref="0.4"/>
    <joint name="pull" type="slide" axis="1 2 0" ref="0.2"/>
    <geom size="0.1"/>
    <body name="hand" pos="0 0.5 0" euler="0.1 1.2 0.4"><joint name="roll" axis="0 0 1"/><geom size="0.1"/>
      <body name="tip" pos="0.1 0 0"><geom size="0.1"/></body>
    </body>
  </body>
</worldbody></mujoco>
"""


def models() -> list[Any]:
    found = [pytest.param(mujoco.MjModel.from_xml_string(CROOKED), id="crooked")]
    for name in ("Swim", "Reach"):
        env = gym.make(f"innervate/{name}-v0")
        inside = mujoco_of(env)
        assert inside is not None
        found.append(pytest.param(inside[0], id=name))
    return found


def pose(element: Xml.Element) -> np.ndarray:
    """Of an origin: fixed axes, as URDF has it."""
    origin = element.find("origin")
    assert origin is not None
    r, p, y = map(float, origin.attrib["rpy"].split())
    out = np.eye(4)
    out[:3, 3] = list(map(float, origin.attrib["xyz"].split()))
    x = np.array([[1, 0, 0], [0, np.cos(r), -np.sin(r)], [0, np.sin(r), np.cos(r)]])
    y_ = np.array([[np.cos(p), 0, np.sin(p)], [0, 1, 0], [-np.sin(p), 0, np.cos(p)]])
    z = np.array([[np.cos(y), -np.sin(y), 0], [np.sin(y), np.cos(y), 0], [0, 0, 1]])
    out[:3, :3] = z @ y_ @ x
    return out


def moved(joint: Xml.Element, q: float) -> np.ndarray:
    out, axis = np.eye(4), np.array(list(map(float, joint.find("axis").attrib["xyz"].split())))  # type: ignore[union-attr]
    if joint.attrib["type"] == "prismatic":
        out[:3, 3] = axis * q
        return out
    quat, matrix = np.zeros(4), np.zeros(9)
    mujoco.mju_axisAngle2Quat(quat, axis, q)
    mujoco.mju_quat2Mat(matrix, quat)
    out[:3, :3] = matrix.reshape(3, 3)
    return out


@pytest.mark.parametrize("model", models())
def test_every_frame_is_where_mujoco_has_it(model: mujoco.MjModel) -> None:
    robot, data, rng = Xml.fromstring(urdf(model)), mujoco.MjData(model), np.random.default_rng(0)
    data.qpos[:] = model.qpos0 + rng.uniform(-1, 1, model.nq)
    mujoco.mj_kinematics(model, data)
    at, static = {"world": np.eye(4)}, {t["child_frame_id"] for t in static_transforms(model, {})}
    for joint in robot.findall("joint"):
        parent, child = joint.find("parent"), joint.find("child")
        assert parent is not None and child is not None
        where = at[parent.attrib["link"]] @ pose(joint)
        if joint.attrib["type"] in ("revolute", "continuous", "prismatic"):
            where = where @ moved(joint, float(data.joint(joint.attrib["name"]).qpos[0]))
        at[child.attrib["link"]] = where
    links = [link.attrib["name"] for link in robot.findall("link")]
    assert len(set(links)) == len(links) and set(links) == set(at)  # one tree, each link once
    for i in range(1, model.nbody):
        name = model.body(i).name
        np.testing.assert_allclose(at[name][:3, 3], data.xpos[i], atol=1e-8)
        np.testing.assert_allclose(at[name][:3, :3].ravel(), data.xmat[i], atol=1e-8)
        assert (name in static) == (model.body_weldid[i] == 0)
