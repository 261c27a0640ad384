"""A round robot that slides over the floor along a path, its contacts counted."""

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float, Float64

from ..scenery.town import add_sky_and_ground
from ..scenery.weather import weather

RADIUS_M, HEIGHT_M, FOOT_M = 0.15, 0.3, 0.02
SPEED_M_S = 0.5
STEP_S = 0.004


@dataclass(frozen=True)
class Drive:
    """What happened on a way."""

    track: Float64[np.ndarray, "step 2"]
    """Where the axis was, each control step (m)."""
    contacts: int
    """Physics steps in which the robot touched anything."""
    touched: tuple[str, ...]
    """Names of the geoms it touched."""
    arrived: bool
    """It ended within 3 cm of the last point."""


def rover(reach_m: float = 10.0) -> mujoco.MjSpec:
    """The rover on open ground, to be sent anywhere within `reach_m` of the middle along x and along y.

    Sensors: `place/x` and `place/y` (m), `speed/x` and `speed/y` (m/s).
    """
    spec = mujoco.MjSpec()
    spec.modelname = "rover"
    add_sky_and_ground(spec, weather("day", "summer"))
    add_rover(spec)
    for servo in spec.actuators:
        servo.ctrllimited, servo.ctrlrange = True, [-reach_m, reach_m]
    for group, kind in (("place", mujoco.mjtSensor.mjSENS_JOINTPOS), ("speed", mujoco.mjtSensor.mjSENS_JOINTVEL)):
        for axis in "xy":
            spec.add_sensor(
                name=f"{group}/{axis}", type=kind, objtype=mujoco.mjtObj.mjOBJ_JOINT, objname=f"rover_{axis}"
            )
    return spec


def add_rover(spec: mujoco.MjSpec) -> None:
    """The body `rover`: a cylinder of radius 0.15 m, 0.3 m high, 2 cm above the floor, on two slides with servos."""
    spec.option.timestep = STEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    body = spec.worldbody.add_body(name="rover", pos=[0, 0, FOOT_M + HEIGHT_M / 2])
    body.add_geom(name="rover", type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=[RADIUS_M, HEIGHT_M / 2, 0], mass=5)
    for axis, name in (([1, 0, 0], "rover_x"), ([0, 1, 0], "rover_y")):
        body.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis)
        servo = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        servo.set_to_position(kp=800, kv=120)
        servo.forcelimited, servo.forcerange = True, [-60, 60]


def drive(model: mujoco.MjModel, path: Float[np.ndarray, "point 2"]) -> Drive:
    """Follow a path at 0.5 m/s and stand for a second; the model has `add_rover`'s body and no other free one."""
    data = mujoco.MjData(model)
    data.qpos[:2] = path[0]
    data.ctrl[:2] = path[0]
    lengths = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    steps = int(np.ceil((lengths[-1] / SPEED_M_S + 1.0) / STEP_S))
    rover = model.geom("rover").id
    track, contacts, touched = np.empty((steps, 2)), 0, set[str]()
    for step in range(steps):
        along = min(step * STEP_S * SPEED_M_S, lengths[-1])
        data.ctrl[0] = np.interp(along, lengths, path[:, 0])
        data.ctrl[1] = np.interp(along, lengths, path[:, 1])
        mujoco.mj_step(model, data)
        pairs = [c for c in data.contact.geom[: data.ncon].tolist() if rover in c]
        contacts += bool(pairs)
        touched |= {model.geom(a if b == rover else b).name for a, b in pairs}
        track[step] = data.qpos[:2]
    arrived = bool(np.linalg.norm(data.qpos[:2] - path[-1]) < 0.03)
    return Drive(track, contacts, tuple(sorted(touched)), arrived)
