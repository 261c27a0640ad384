"""A small vehicle on two driven wheels and a castor, with a camera on a mast."""

import mujoco
import numpy as np

from ..scenery.town import add_sky_and_ground
from ..scenery.weather import weather

WHEEL_RADIUS_M = 0.1
TRACK_M = 0.44
"""Between the points where the wheels touch the ground."""
MOTOR_N_M = 2.0
WHEEL_DAMPING_N_M_S = 0.2
FULL_SPEED_M_S = MOTOR_N_M / WHEEL_DAMPING_N_M_S * WHEEL_RADIUS_M
"""On level ground at full torque: where the damping of the wheels takes all of it."""
EYE_FOVY_DEG = 60.0
TIMESTEP_S = 0.005
POSE_SIZE = 9
"""Numbers in `qpos`: position, quaternion, and the angle of each wheel."""


def vehicle(eye_height_m: float = 1.2, eye_yaw_rad: float = 0.0) -> mujoco.MjSpec:
    """The vehicle on open ground: see `add_vehicle`."""
    spec = mujoco.MjSpec()
    spec.modelname = "vehicle"
    add_sky_and_ground(spec, weather("day", "summer"))
    add_vehicle(spec, eye_height_m=eye_height_m, eye_yaw_rad=eye_yaw_rad)
    return spec


def add_vehicle(spec: mujoco.MjSpec, *, eye_height_m: float, eye_yaw_rad: float) -> None:
    """The body `vehicle`, 9 kg; its frame lies on the ground between the wheels, x ahead, y left, z up.

    Motors `motor_left` and `motor_right`; camera `eye`, turned `eye_yaw_rad` to the left. Sensors: `wheel_speed/left`,
    `wheel_speed/right` (rad/s), `turn_rate` (rad/s, 3, own frame), and what the world knows: `position` (m, 3),
    `ahead` (1, 3: the x axis in the world) and `velocity` (m/s, 3, in the world).
    """
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    body = spec.worldbody.add_body(name="vehicle")
    body.add_freejoint(name="root")
    body.add_geom(
        name="chassis", type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.25, 0.17, 0.05], pos=[-0.07, 0, 0.15], mass=8,
        rgba=[0.75, 0.2, 0.15, 1],
    )  # fmt: skip
    body.add_geom(
        name="castor", type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.05, 0, 0], pos=[-0.25, 0, 0.05], mass=0.1,
        condim=1, priority=1, rgba=[0.2, 0.2, 0.2, 1],
    )  # fmt: skip
    body.add_geom(
        name="mast", type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[0.015, 0, 0], mass=0, contype=0, conaffinity=0,
        fromto=[-0.1, 0, 0.2, -0.1, 0, eye_height_m], rgba=[0.2, 0.2, 0.2, 1],
    )  # fmt: skip
    body.add_camera(
        name="eye", fovy=EYE_FOVY_DEG, pos=[0, 0, eye_height_m],
        xyaxes=[np.sin(eye_yaw_rad), -np.cos(eye_yaw_rad), 0, 0, 0, 1],
    )  # fmt: skip
    body.add_site(name="vehicle", size=[0.01, 0, 0], rgba=[0, 0, 0, 0], group=4)
    for side, y in (("left", TRACK_M / 2), ("right", -TRACK_M / 2)):
        _add_wheel(spec, body, side, y)
    for side in ("left", "right"):
        spec.add_sensor(
            name=f"wheel_speed/{side}", type=mujoco.mjtSensor.mjSENS_JOINTVEL,
            objtype=mujoco.mjtObj.mjOBJ_JOINT, objname=f"wheel_{side}",
        )  # fmt: skip
    for name, kind in (
        ("turn_rate", mujoco.mjtSensor.mjSENS_GYRO),
        ("position", mujoco.mjtSensor.mjSENS_FRAMEPOS),
        ("ahead", mujoco.mjtSensor.mjSENS_FRAMEXAXIS),
        ("velocity", mujoco.mjtSensor.mjSENS_FRAMELINVEL),
    ):
        spec.add_sensor(name=name, type=kind, objtype=mujoco.mjtObj.mjOBJ_SITE, objname="vehicle")


def _add_wheel(spec: mujoco.MjSpec, vehicle: mujoco.MjsBody, side: str, y: float) -> None:
    wheel = vehicle.add_body(name=f"wheel_{side}", pos=[0, y, WHEEL_RADIUS_M])
    wheel.add_joint(name=f"wheel_{side}", type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, 1, 0], damping=WHEEL_DAMPING_N_M_S)
    wheel.add_geom(
        name=f"wheel_{side}", type=mujoco.mjtGeom.mjGEOM_ELLIPSOID,  # touches the ground in one point
        size=[WHEEL_RADIUS_M, 0.02, WHEEL_RADIUS_M], mass=0.45, rgba=[0.1, 0.1, 0.1, 1],
    )  # fmt: skip
    spec.add_actuator(
        name=f"motor_{side}", target=f"wheel_{side}", trntype=mujoco.mjtTrn.mjTRN_JOINT,
        gear=[MOTOR_N_M, 0, 0, 0, 0, 0], ctrllimited=True, ctrlrange=[-1, 1],
    )  # fmt: skip


def poses(position_m: np.ndarray, heading_rad: np.ndarray) -> np.ndarray:
    """`qpos` of vehicles that stand on the ground: `(n, 2)` and `(n,)`, headings from x to y, to `(n, 9)`."""
    qpos = np.zeros((len(position_m), POSE_SIZE))
    qpos[:, :2] = position_m
    qpos[:, 3], qpos[:, 6] = np.cos(heading_rad / 2), np.sin(heading_rad / 2)
    return qpos
