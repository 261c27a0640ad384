"""A planar two-joint arm with six muscles, or a mirrored pair of them, as an `MjSpec`.

Segments, peak forces and optimal fibre lengths are those of Nijhof & Kouwenhoven (2000), "Simulation of multijoint
arm movements", in Winters & Crago, *Biomechanics and Neural Control of Posture and Movement*, with the numbers of
MotorNet's `Arm26`. Their elbow moment arms, linear in the elbow angle, are taken at 90 degrees, so that a `<fixed>`
tendon, whose moment arms are constant, can express them. The muscles are MuJoCo's `<muscle>`; the plane is horizontal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import mujoco
import numpy as np

Side = Literal["left", "right"]

TIMESTEP_S = 0.005
"""With fourth-order Runge-Kutta: the hand within 2 mm of a 0.1 ms integration after half a second."""
UPPER_ARM_M, FOREARM_M = 0.309, 0.333
RANGE_RAD = ((0.0, math.radians(135)), (0.0, math.radians(155)))
"""Shoulder and elbow; 0 is the arm stretched out sideways, flexion is positive."""
SHOULDER_FROM_MIDLINE_M = 0.18
"""Of each shoulder in a body of two arms: half the biacromial breadth of an adult."""
HEIGHT_M = 0.05
MEMORY = 12
"""Numbers that a task may keep for an episode, see `Task.drive`."""
_SEGMENTS = ((1.82, 0.135, 0.051, UPPER_ARM_M), (1.43, 0.165, 0.057, FOREARM_M))
"""Mass (kg), centre of mass along the segment (m), inertia about it (kg m^2), length (m)."""
_DAMPING_NMS_RAD = 0.1
"""Passive viscosity of a joint: the order of magnitude of a relaxed elbow's, well below that of active muscle."""
_ACTIVATION_S, _DEACTIVATION_S = 0.015, 0.05
_VMAX_PER_S = 10.0  # optimal fibre lengths a second; with the time constants, as in MotorNet's Arm26
_LMIN, _LMAX, _FPMAX, _FVMAX = 0.3, 1.7, 0.3, 1.4
"""Shape of MuJoCo's muscle curves: wide enough for every posture, passive force mild until near the joint limits."""


@dataclass(frozen=True)
class Muscle:
    """One lumped muscle. A pull of 1 N flexes the joints by so many N m; its fibres are longest when stretched most."""

    name: str
    shoulder_m: float
    elbow_m: float
    peak_force_n: float
    fibre_m: float


MUSCLES = (
    Muscle("pectoralis", 0.030, 0.0, 838.0, 0.134),
    Muscle("deltoid", -0.030, 0.0, 1207.0, 0.140),
    Muscle("brachioradialis", 0.0, 0.014 + 0.0080 * math.pi / 2, 1422.0, 0.092),
    Muscle("triceps_lateral", 0.0, -0.025 + 0.0044 * math.pi / 2, 1549.0, 0.093),
    Muscle("biceps", 0.030, 0.016 + 0.0114 * math.pi / 2, 414.0, 0.137),
    Muscle("triceps_long", -0.030, -0.030 + 0.0064 * math.pi / 2, 603.0, 0.127),
)
"""In the order of the actuators and the sensors; arm by arm, left before right."""


@dataclass(frozen=True)
class Spring:
    """What joins two hands: pulls beyond its length at rest, pushes below."""

    stiffness_n_m: float
    rest_m: float


def arms(sides: Sequence[Side] = ("right",), spring: Spring | None = None) -> mujoco.MjSpec:
    """One arm with its shoulder at the origin, or two in mirror image about the midline; x is right, y ahead.

    Sensors, arm by arm: `length` (m, 6 an arm, relative to the stretched-out arm), `velocity` (m/s,
    of the muscles), `joint_angle` (rad, shoulder and elbow), `joint_velocity` (rad/s), `hand` and
    `hand_velocity` (m and m/s, 3 an arm, in the world), `target` (m, 3 an arm: mocap bodies); then `time` (s).
    A spring joins the hands of two arms; it is a tendon, so that MuJoCo's integrator knows its force at every stage.
    """
    spec = mujoco.MjSpec()
    spec.modelname = "arm"
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_RK4
    spec.option.gravity = [0, 0, 0]
    spec.nuserdata = MEMORY
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    _add_table(spec)
    for side in sides:
        _add_arm(spec, side, 0.0 if len(sides) == 1 else SHOULDER_FROM_MIDLINE_M)
    if spring is not None:
        tendon = spec.add_tendon(
            name="spring", stiffness=[spring.stiffness_n_m, 0, 0], springlength=[spring.rest_m] * 2, width=0.004
        )
        for side in sides:
            tendon.wrap_site(f"hand_{side}")
    _add_sensors(spec, sides)
    return spec


def _add_table(spec: mujoco.MjSpec) -> None:
    spec.visual.headlight.ambient = [0.4, 0.4, 0.4]
    spec.worldbody.add_geom(
        name="table", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[1.5, 1.5, 0.1], rgba=[0.85, 0.87, 0.9, 1]
    )
    spec.worldbody.add_light(name="lamp", pos=[0, 0.3, 2], dir=[0, 0, -1])
    spec.worldbody.add_camera(name="track", pos=[0, 0.3, 1.9], xyaxes=[1, 0, 0, 0, 1, 0], fovy=45)


def _add_arm(spec: mujoco.MjSpec, side: Side, offset_m: float) -> None:
    sign = 1 if side == "right" else -1
    parent, at = spec.worldbody, [sign * offset_m, 0.0, HEIGHT_M]
    for part, joint, (mass, centre, inertia, length), limits in zip(
        ("upper_arm", "forearm"), ("shoulder", "elbow"), _SEGMENTS, RANGE_RAD, strict=True
    ):
        parent = parent.add_body(
            name=f"{part}_{side}", pos=at, mass=mass, ipos=[sign * centre, 0, 0], inertia=[inertia] * 3,
            explicitinertial=True,
        )  # fmt: skip
        parent.add_joint(
            name=f"{joint}_{side}", type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, 0, sign],
            damping=[_DAMPING_NMS_RAD, 0, 0],
            limited=True, range=np.degrees(limits),
        )  # fmt: skip
        parent.add_geom(
            name=f"{part}_{side}", type=mujoco.mjtGeom.mjGEOM_CAPSULE, fromto=[0, 0, 0, sign * length, 0, 0],
            size=[0.03, 0, 0], rgba=[0.92, 0.72, 0.58, 1], contype=0, conaffinity=0, mass=0,
        )  # fmt: skip
        at = [sign * length, 0.0, 0.0]
    # Weightless, to apply forces to; with its own centre of mass, which MuJoCo would else put far from it.
    hand = parent.add_body(
        name=f"hand_{side}", pos=at, mass=0, ipos=[0, 0, 0], inertia=[0, 0, 0], explicitinertial=True
    )
    hand.add_site(name=f"hand_{side}", size=[0.012, 0, 0], rgba=[0.2, 0.3, 0.8, 1])
    target = spec.worldbody.add_body(name=f"target_{side}", mocap=True, pos=[sign * (offset_m + 0.2), 0.4, HEIGHT_M])
    target.add_site(name=f"target_{side}", size=[0.015, 0, 0], rgba=[0.85, 0.25, 0.2, 0.6])
    for muscle in MUSCLES:
        _add_muscle(spec, side, muscle)


def _add_muscle(spec: mujoco.MjSpec, side: Side, muscle: Muscle) -> None:
    name = f"{muscle.name}_{side}"
    tendon = spec.add_tendon(name=name)
    shortest = longest = 0.0
    for joint, arm_m, (low, high) in zip(
        ("shoulder", "elbow"), (muscle.shoulder_m, muscle.elbow_m), RANGE_RAD, strict=True
    ):
        if arm_m:
            tendon.wrap_joint(f"{joint}_{side}", -arm_m)  # tension shortens, a positive moment arm flexes
            shortest += min(-arm_m * low, -arm_m * high)
            longest += max(-arm_m * low, -arm_m * high)
    half = (longest - shortest) / muscle.fibre_m / 2  # so that MuJoCo's L0 is the fibre length, at mid-range
    actuator = spec.add_actuator(
        name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_TENDON, lengthrange=[shortest, longest],
        ctrllimited=True, ctrlrange=[0, 1],
    )  # fmt: skip
    actuator.set_to_muscle(
        timeconst=[_ACTIVATION_S, _DEACTIVATION_S], tausmooth=0, range=[1 - half, 1 + half], force=muscle.peak_force_n,
        lmin=_LMIN, lmax=_LMAX, vmax=_VMAX_PER_S, fpmax=_FPMAX, fvmax=_FVMAX,
    )  # fmt: skip


def _add_sensors(spec: mujoco.MjSpec, sides: Sequence[Side]) -> None:
    sensor, what = mujoco.mjtSensor, mujoco.mjtObj
    muscles = [f"{muscle.name}_{side}" for side in sides for muscle in MUSCLES]
    joints = [f"{joint}_{side}" for side in sides for joint in ("shoulder", "elbow")]
    hands, targets = [f"hand_{side}" for side in sides], [f"target_{side}" for side in sides]
    for group, kind, of, names in (
        ("length", sensor.mjSENS_ACTUATORPOS, what.mjOBJ_ACTUATOR, muscles),
        ("velocity", sensor.mjSENS_ACTUATORVEL, what.mjOBJ_ACTUATOR, muscles),
        ("joint_angle", sensor.mjSENS_JOINTPOS, what.mjOBJ_JOINT, joints),
        ("joint_velocity", sensor.mjSENS_JOINTVEL, what.mjOBJ_JOINT, joints),
        ("hand", sensor.mjSENS_FRAMEPOS, what.mjOBJ_SITE, hands),
        ("hand_velocity", sensor.mjSENS_FRAMELINVEL, what.mjOBJ_SITE, hands),
        ("target", sensor.mjSENS_FRAMEPOS, what.mjOBJ_SITE, targets),
    ):
        for name in names:
            spec.add_sensor(name=f"{group}/{name}", type=kind, objtype=of, objname=name)
    spec.add_sensor(name="time", type=sensor.mjSENS_CLOCK)
