"""Unitree's A1, a dog-sized robot of 12 joints, with a sense of touch in its feet."""

from pathlib import Path

import mujoco

from ..model import load_spec
from ..scenery.town import add_sky_and_ground
from ..scenery.weather import weather

_FILE = Path(__file__).parents[1] / "assets" / "a1" / "a1.xml"
LIMBS = ("FR", "FL", "RR", "RL")
"""Front right, front left, rear right, rear left: the order of joints, actuators and sensors."""
JOINTS = ("hip", "thigh", "calf")
STAND_RAD = (0.0, 0.9, -1.8)
"""Hip, thigh and calf of a limb in the keyframe `home`."""
STAND_M = 0.27
"""Height of the trunk there."""
STIFFNESS_N_M = 100.0
"""Of the servos, N m/rad; they give 33.5 N m at most."""
_FOOT_M, _TOUCH_M = (0.0, 0.0, -0.2), 0.03
"""Where the foot is in the calf's frame, and a radius around its own of 0.02 m, so that contacts lie inside."""


def a1(hips: bool = True) -> mujoco.MjSpec:
    """The A1 on open ground; x ahead, y left, z up. Position servos, N m/rad 100, over 33.5 N m.

    Sensors, limb by limb as in `LIMBS`: `joint_angle` (rad, 12: hip, thigh, calf), `joint_rate` (rad/s, 12),
    `joint_torque` (N m, 12, of the servos), `foot_force` (N, 4, normal forces added up). Of the trunk: `place` (m, 3),
    `ahead` and `up` (1, 3 each: its x and z axes in the world), `turn_rate` (rad/s, 3) and `velocity` (m/s, 3), both
    in its own frame.

    Args:
        hips: servos at the hips too. Without them springs as stiff as a servo hold the hips straight, there are 8
            actuators, and `joint_torque` is of thighs and calves, 8.
    """
    spec = load_spec(_FILE)
    spec.modelname = "a1"
    for geom in spec.geoms:
        geom.group, geom.rgba = 0, [0.25, 0.27, 0.3, 1]  # without meshes, what collides is what is seen
    add_sky_and_ground(spec, weather("day", "summer"))
    trunk = spec.body("trunk")
    trunk.joints[0].name = "root"
    trunk.add_site(name="trunk", size=[0.01, 0, 0], rgba=[0, 0, 0, 0], group=4)
    trunk.add_camera(
        name="track", mode=mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM, pos=[0, -1.6, 0.4], xyaxes=[1, 0, 0, 0, 0.25, 1]
    )
    if not hips:
        _hold_hips(spec)
    _add_sensors(spec, JOINTS if hips else JOINTS[1:])
    return spec


def _hold_hips(spec: mujoco.MjSpec) -> None:
    for limb in LIMBS:
        spec.delete(spec.actuator(f"{limb}_hip"))
        spec.joint(f"{limb}_hip_joint").stiffness = [STIFFNESS_N_M, 0, 0]
    spec.key("home").ctrl = list(STAND_RAD[1:]) * len(LIMBS)


def _add_sensors(spec: mujoco.MjSpec, driven: tuple[str, ...]) -> None:
    kinds, joint, actuator = mujoco.mjtSensor, mujoco.mjtObj.mjOBJ_JOINT, mujoco.mjtObj.mjOBJ_ACTUATOR
    for group, kind, of, parts, ending in (
        ("joint_angle", kinds.mjSENS_JOINTPOS, joint, JOINTS, "_joint"),
        ("joint_rate", kinds.mjSENS_JOINTVEL, joint, JOINTS, "_joint"),
        ("joint_torque", kinds.mjSENS_ACTUATORFRC, actuator, driven, ""),
    ):
        for limb in LIMBS:
            for part in parts:
                name = f"{limb}_{part}"
                spec.add_sensor(name=f"{group}/{name}", type=kind, objtype=of, objname=name + ending)
    for limb in LIMBS:
        spec.body(f"{limb}_calf").add_site(name=f"{limb}_foot", pos=_FOOT_M, size=[_TOUCH_M, 0, 0], group=4)
        spec.add_sensor(
            name=f"foot_force/{limb}", type=kinds.mjSENS_TOUCH, objtype=mujoco.mjtObj.mjOBJ_SITE, objname=f"{limb}_foot"
        )
    for name, kind in (
        ("place", kinds.mjSENS_FRAMEPOS),
        ("ahead", kinds.mjSENS_FRAMEXAXIS),
        ("up", kinds.mjSENS_FRAMEZAXIS),
        ("turn_rate", kinds.mjSENS_GYRO),
        ("velocity", kinds.mjSENS_VELOCIMETER),
    ):
        spec.add_sensor(name=name, type=kind, objtype=mujoco.mjtObj.mjOBJ_SITE, objname="trunk")
