"""The kinematic tree of a MuJoCo model as URDF: what `/robot_description` says, and the frames that never move.

Every body is a link of its name, and its frame the body's, so that the frames agree with `/tf` and `/joint_states`.
A body with several joints, or with one away from its origin, gets links without mass between. A free or a ball joint
is `floating`: its pose is on `/tf` alone.
"""

import math
from typing import Any
from xml.etree import ElementTree as Xml

import mujoco
import numpy as np

_KINDS = {int(mujoco.mjtJoint.mjJNT_HINGE): "revolute", int(mujoco.mjtJoint.mjJNT_SLIDE): "prismatic"}
WORLD = "world"


def body_name(model: mujoco.MjModel, i: int) -> str:
    """As the frame is called on `/tf`."""
    return WORLD if i == 0 else model.body(i).name or f"body_{i}"


def joint_name(model: mujoco.MjModel, i: int) -> str:
    """As the joint is called in `/joint_states`."""
    return model.joint(i).name or f"joint_{i}"


def urdf(model: mujoco.MjModel, name: str = "innervate") -> str:
    """The tree of a compiled model; geoms that are boxes, spheres, cylinders or capsules are seen, meshes are not."""
    robot = Xml.Element("robot", name=name)
    for body in range(model.nbody):
        if body:
            _joints(robot, model, body)
        _link(robot, model, body)
    Xml.indent(robot)
    return Xml.tostring(robot, encoding="unicode")


def _joints(robot: Xml.Element, model: mujoco.MjModel, body: int) -> None:
    """From the parent's link to the body's, one joint after the other."""
    parent, name = body_name(model, int(model.body_parentid[body])), body_name(model, body)
    offset, turn = model.body_pos[body], model.body_quat[body]
    first, n = int(model.body_jntadr[body]), int(model.body_jntnum[body])
    at = np.zeros(3)
    """Of the link that was reached, in the body's frame."""
    for k, i in enumerate(range(first, first + n)):
        kind = _KINDS.get(int(model.jnt_type[i]))
        if kind is None:
            _join(robot, joint_name(model, i), "floating", parent, name, offset, turn)
            return
        pivot, axis = model.jnt_pos[i], model.jnt_axis[i]
        zero = float(model.qpos0[model.jnt_qposadr[i]])
        offset = offset + _turned(turn, pivot - at)
        if kind == "revolute":  # the tree stands where the joint's coordinate is 0, not where the model stands
            turn = _after(turn, axis, -zero)
        else:
            offset = offset - _turned(turn, axis * zero)
        last = k == n - 1 and not pivot.any()
        child = name if last else f"{name}/{joint_name(model, i)}"
        _join(robot, joint_name(model, i), kind, parent, child, offset, turn, model, i)
        if not last:
            Xml.SubElement(robot, "link", name=child)
        parent, at = child, pivot
        offset, turn = np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0])
    if n == 0 or at.any():
        _join(robot, f"{name}/fixed", "fixed", parent, name, offset - _turned(turn, at), turn)
    elif parent != name:
        _join(robot, f"{name}/fixed", "fixed", parent, name, offset, turn)


def _join(
    robot: Xml.Element, name: str, kind: str, parent: str, child: str, offset: np.ndarray, turn: np.ndarray,
    model: mujoco.MjModel | None = None, i: int = 0,
) -> None:  # fmt: skip
    joint = Xml.SubElement(robot, "joint", name=name, type=kind)
    Xml.SubElement(joint, "parent", link=parent)
    Xml.SubElement(joint, "child", link=child)
    _origin(joint, offset, turn)
    if model is None:
        return
    Xml.SubElement(joint, "axis", xyz=_text(model.jnt_axis[i]))
    if not model.jnt_limited[i] and kind == "revolute":
        joint.set("type", "continuous")
        return
    low, high = model.jnt_range[i] if model.jnt_limited[i] else (-1e3, 1e3)
    Xml.SubElement(joint, "limit", lower=f"{low:.9g}", upper=f"{high:.9g}", effort="0", velocity="0")


def _link(robot: Xml.Element, model: mujoco.MjModel, body: int) -> None:
    link = Xml.SubElement(robot, "link", name=body_name(model, body))
    if body and model.body_mass[body] > 0:
        inertial = Xml.SubElement(link, "inertial")
        _origin(inertial, model.body_ipos[body], model.body_iquat[body])
        Xml.SubElement(inertial, "mass", value=f"{model.body_mass[body]:.9g}")
        diagonal = dict(zip(("ixx", "iyy", "izz"), (f"{x:.9g}" for x in model.body_inertia[body]), strict=True))
        Xml.SubElement(inertial, "inertia", {**diagonal, "ixy": "0", "ixz": "0", "iyz": "0"})
    for geom in range(model.ngeom):
        shape = _shape(model, geom) if model.geom_bodyid[geom] == body else None
        if shape is not None:
            visual = Xml.SubElement(link, "visual")
            _origin(visual, model.geom_pos[geom], model.geom_quat[geom])
            Xml.SubElement(Xml.SubElement(visual, "geometry"), shape[0], shape[1])


def _shape(model: mujoco.MjModel, geom: int) -> tuple[str, dict[str, str]] | None:
    size, kind = model.geom_size[geom], mujoco.mjtGeom(int(model.geom_type[geom]))
    if kind == mujoco.mjtGeom.mjGEOM_BOX:
        return "box", {"size": _text(2 * size)}
    if kind == mujoco.mjtGeom.mjGEOM_SPHERE:
        return "sphere", {"radius": f"{size[0]:.9g}"}
    if kind in (mujoco.mjtGeom.mjGEOM_CYLINDER, mujoco.mjtGeom.mjGEOM_CAPSULE):
        return "cylinder", {"radius": f"{size[0]:.9g}", "length": f"{2 * size[1]:.9g}"}
    return None


def _text(values: np.ndarray) -> str:
    return " ".join(f"{x:.12g}" for x in values)


def _origin(parent: Xml.Element, offset: np.ndarray, turn: np.ndarray) -> None:
    Xml.SubElement(parent, "origin", xyz=_text(offset), rpy=_text(np.array(_roll_pitch_yaw(turn))))


def _roll_pitch_yaw(turn: np.ndarray) -> tuple[float, float, float]:
    """Fixed axes, x first."""
    r = np.zeros(9)
    mujoco.mju_quat2Mat(r, turn)
    pitch = math.atan2(-r[6], math.hypot(r[0], r[3]))
    if math.hypot(r[0], r[3]) < 1e-9:  # straight up or down: roll and yaw are one
        return math.atan2(-r[5], r[4]), pitch, 0.0
    return math.atan2(r[7], r[8]), pitch, math.atan2(r[3], r[0])


def _turned(turn: np.ndarray, vector: np.ndarray) -> np.ndarray:
    out = np.zeros(3)
    mujoco.mju_rotVecQuat(out, vector, turn)
    return out


def _after(turn: np.ndarray, axis: np.ndarray, angle: float) -> np.ndarray:
    by, out = np.zeros(4), np.zeros(4)
    mujoco.mju_axisAngle2Quat(by, axis, angle)
    mujoco.mju_mulQuat(out, turn, by)
    return out


def static_transforms(model: mujoco.MjModel, header: dict[str, Any]) -> list[dict[str, Any]]:
    """What `/tf_static` says: bodies that are fixed to the world, from the world."""
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    return [
        {
            "header": header, "child_frame_id": body_name(model, i),
            "transform": {
                "translation": dict(zip("xyz", data.xpos[i].tolist(), strict=True)),
                "rotation": dict(zip("wxyz", data.xquat[i].tolist(), strict=True)),
            },
        }
        for i in range(1, model.nbody) if model.body_weldid[i] == 0
    ]  # fmt: skip
