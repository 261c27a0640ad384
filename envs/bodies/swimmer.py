"""The dm_control swimmer with any number of links, as an `MjSpec`.

Geometry, masses, joints, motors and fluid are those of dm_control's `suite/swimmer.xml` and `suite/swimmer.py`
(Apache-2.0), after R. Coulom's thesis (2002). Tests compare the compiled model with dm_control's.
"""

import mujoco

from innervate.errors import ModelError

from ..scenery.look import add_pool, add_tracking_camera, skin

MIN_LINKS, MAX_LINKS = 3, 20
LINK_LENGTH_M = 0.1
NOSE_M = (0.0, -0.06, 0.0)
"""Tip of the head in the head's frame: the swimmer's forward is the head's -y, its left is +x, up is +z."""

_INERTIAL = {
    "type": mujoco.mjtGeom.mjGEOM_BOX,
    "size": [0.001, 0.05, 0.01],  # the thin box whose inertia sets the fluid drag: it slips forwards, not sideways
    "mass": 0.01,
    "rgba": [0, 0, 0, 0],
    "group": 4,  # hidden
}
_VISUAL = {
    "type": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "size": [0.01, 0, 0],
    "fromto": [0, -0.05, 0, 0, 0.05, 0],
    "mass": 0,
}


def joint_names(n_links: int) -> tuple[str, ...]:
    """Joints head to tail, as in `qpos[3:]`, the actuators and the `joint_angle` sensors."""
    return tuple(f"joint_{i}" for i in range(n_links - 1))


def link_names(n_links: int) -> tuple[str, ...]:
    """Bodies head to tail, as in the `velocity` and `turn_rate` sensors."""
    return ("head", *(f"segment_{i}" for i in range(n_links - 1)))


def swimmer(n_links: int = 6, target_radius_m: float | None = None) -> mujoco.MjSpec:
    """A chain of `n_links` rigid links in a viscous plane, with `n_links - 1` motors.

    Sensors, head to tail: `joint_angle` (rad, n_links - 1), `velocity` (m/s, 3 per link, in the link's own frame),
    `turn_rate` (rad/s, 3 per link, likewise). With `target_radius_m`, a mocap body `target` and the sensor
    `to_target` (m, 3): from the nose to the target's centre, in the head's frame.

    Raises:
        ModelError: fewer than 3 or more than 20 links.
    """
    if not MIN_LINKS <= n_links <= MAX_LINKS:
        raise ModelError(f"A swimmer has {MIN_LINKS} to {MAX_LINKS} links; n_links={n_links} was asked for.")
    spec = mujoco.MjSpec()
    spec.modelname = "swimmer"
    spec.option.timestep = 0.002
    spec.option.density = 3000
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    add_pool(spec)

    head = spec.worldbody.add_body(name="head", pos=[0, 0, 0.05])
    _add_head(head)
    length_m = n_links * LINK_LENGTH_M
    add_tracking_camera(head, length_m, middle_m=(0.0, (length_m - LINK_LENGTH_M) / 2, 0.0))
    links = [head]
    for i in range(n_links - 1):
        links.append(_add_segment(links[-1], i, joint_limit_deg=360 / n_links))
    for i, link in enumerate(links):
        link.add_geom(name=f"inertial_{i}", **_INERTIAL)
        link.add_geom(name=f"visual_{i}", rgba=skin(i / (n_links - 1)), material="skin", **_VISUAL)
        link.add_site(name=f"link_{i}", size=[0.01, 0, 0], rgba=[0, 0, 0, 0], group=4)
    for name in joint_names(n_links):
        spec.add_actuator(
            name=name.replace("joint", "motor"),
            target=name,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            gear=[5e-4, 0, 0, 0, 0, 0],
            ctrllimited=True,
            ctrlrange=[-1, 1],
        )
    _add_proprioception(spec, n_links)
    if target_radius_m is not None:
        _add_target(spec, head, target_radius_m)
    return spec


def _add_head(head: mujoco.MjsBody) -> None:
    nose = list(NOSE_M)
    head.add_geom(
        name="head", type=mujoco.mjtGeom.mjGEOM_ELLIPSOID, size=[0.02, 0.04, 0.017], pos=[0, -0.022, 0], mass=0,
        rgba=skin(0.0), material="skin",
    )  # fmt: skip
    head.add_geom(
        name="nose", type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.004, 0, 0], pos=nose, mass=0,
        rgba=skin(1.0), material="skin",
    )  # fmt: skip
    for side, x in (("left", 0.009), ("right", -0.009)):
        head.add_geom(
            name=f"eye_{side}", type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.004, 0, 0], pos=[x, -0.047, 0.011], mass=0,
            rgba=[0.05, 0.05, 0.1, 1], material="skin",
        )  # fmt: skip
    for name, kind, axis in (
        ("rootx", mujoco.mjtJoint.mjJNT_SLIDE, [1, 0, 0]),
        ("rooty", mujoco.mjtJoint.mjJNT_SLIDE, [0, 1, 0]),
        ("rootz", mujoco.mjtJoint.mjJNT_HINGE, [0, 0, 1]),
    ):
        head.add_joint(name=name, type=kind, axis=axis, pos=[0, -0.05, 0])


def _add_segment(parent: mujoco.MjsBody, i: int, joint_limit_deg: float) -> mujoco.MjsBody:
    segment = parent.add_body(name=f"segment_{i}", pos=[0, LINK_LENGTH_M, 0])
    segment.add_joint(
        name=f"joint_{i}",
        type=mujoco.mjtJoint.mjJNT_HINGE,
        pos=[0, -0.05, 0],
        axis=[0, 0, 1],
        limited=True,
        range=[-joint_limit_deg, joint_limit_deg],
        solref_limit=[0.05, 1],
        solimp_limit=[0, 0.8, 0.1, 0.5, 2],
        armature=1e-6,
    )
    return segment


def _add_proprioception(spec: mujoco.MjSpec, n_links: int) -> None:
    for i, name in enumerate(joint_names(n_links)):
        spec.add_sensor(
            name=f"joint_angle/{i}", type=mujoco.mjtSensor.mjSENS_JOINTPOS,
            objtype=mujoco.mjtObj.mjOBJ_JOINT, objname=name,
        )  # fmt: skip
    for group, kind in (
        ("velocity", mujoco.mjtSensor.mjSENS_VELOCIMETER),
        ("turn_rate", mujoco.mjtSensor.mjSENS_GYRO),
    ):
        for i in range(n_links):
            spec.add_sensor(name=f"{group}/{i}", type=kind, objtype=mujoco.mjtObj.mjOBJ_SITE, objname=f"link_{i}")


def _add_target(spec: mujoco.MjSpec, head: mujoco.MjsBody, radius_m: float) -> None:
    head.add_site(name="nose", pos=list(NOSE_M), size=[0.004, 0, 0], rgba=[0, 0, 0, 0], group=4)
    target = spec.worldbody.add_body(name="target", mocap=True, pos=[1, 1, 0.05])
    target.add_geom(
        name="target", type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[radius_m, 0, 0], rgba=[0.85, 0.25, 0.2, 0.55]
    )
    spec.add_sensor(
        name="to_target", type=mujoco.mjtSensor.mjSENS_FRAMEPOS,
        objtype=mujoco.mjtObj.mjOBJ_XBODY, objname="target",
        reftype=mujoco.mjtObj.mjOBJ_SITE, refname="nose",
    )  # fmt: skip
