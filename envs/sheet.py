"""A body on one page: its joints, actuators, sensors, keyframes, cameras, mass, and what it still lacks."""

from dataclasses import dataclass

import mujoco

from .actuators import Actuator, actuators
from .model import compile_spec
from .prose import number, table

__all__ = ["Joint", "Sensor", "Sheet", "sensors_of", "sheet"]

_UNITS = {
    "accelerometer": "m/s^2", "velocimeter": "m/s", "gyro": "rad/s", "force": "N", "torque": "N m", "touch": "N",
    "rangefinder": "m", "ballquat": "1", "ballangvel": "rad/s", "tendonpos": "m", "tendonvel": "m/s",
    "tendonactuatorfrc": "N", "framepos": "m", "framequat": "1", "framexaxis": "1", "frameyaxis": "1",
    "framezaxis": "1", "framelinvel": "m/s", "frameangvel": "rad/s", "framelinacc": "m/s^2", "frameangacc": "rad/s^2",
    "subtreecom": "m", "subtreelinvel": "m/s", "clock": "s", "magnetometer": "T",
}  # fmt: skip
"""SI units of MuJoCo's sensors; those of joints and actuators depend on what they are on."""


@dataclass(frozen=True)
class Joint:
    """One joint."""

    name: str
    kind: str
    """`hinge`, `slide`, `ball` or `free`."""
    body: str
    """The body that it lets move."""
    limits: tuple[float, float] | None
    """Range in `unit`; None where it has none."""
    unit: str


@dataclass(frozen=True)
class Sensor:
    """One sensor."""

    name: str
    kind: str
    """As its element is called in MJCF."""
    of: str
    """What it is attached to, e.g. `joint elbow`; empty for what belongs to nothing."""
    size: int
    unit: str
    """SI unit; empty where it depends on what it is attached to."""


@dataclass(frozen=True)
class Sheet:
    """What a body consists of; `str` of it is a page in Markdown."""

    name: str
    mass_kg: float
    timestep_s: float
    joints: tuple[Joint, ...]
    actuators: tuple[Actuator, ...]
    sensors: tuple[Sensor, ...]
    keyframes: tuple[str, ...]
    cameras: tuple[str, ...]
    missing: tuple[str, ...]
    """What an environment or a reader would want of it and it has not, a sentence each."""

    def __str__(self) -> str:
        joints = [(j.name, j.kind, j.body, _limits(j.limits), j.unit) for j in self.joints]
        motors = [(a.name, a.kind, f"{a.on} {a.target}", _limits(a.limits), a.unit, a.meaning) for a in self.actuators]
        sensors = [(s.name, s.kind, s.of, s.size, s.unit) for s in self.sensors]
        parts = [
            f"# {self.name}\n\n{number(self.mass_kg)} kg; timestep {number(self.timestep_s)} s.",
            "## Joints\n\n" + table(("Joint", "Kind", "Body", "Limits", "Unit"), joints),
            "## Actuators\n\n" + table(("Actuator", "Kind", "On", "Limits", "Unit", "Control"), motors),
            "## Sensors\n\n" + table(("Sensor", "Kind", "Of", "Size", "Unit"), sensors),
            f"## Keyframes\n\n{', '.join(self.keyframes) or 'none'}",
            f"## Cameras\n\n{', '.join(self.cameras) or 'none'}",
            "## Missing\n\n" + ("\n".join(f"- {line}" for line in self.missing) or "nothing"),
        ]
        return "\n\n".join(parts) + "\n"


def sheet(source: "mujoco.MjSpec | mujoco.MjModel") -> Sheet:
    """The sheet of a body. Raises `ModelError` if a spec does not compile."""
    model = _compiled(source)
    joints = tuple(_joint(model, i) for i in range(model.njnt))
    found, sensors = actuators(model), sensors_of(model)
    return Sheet(
        name=bytes(model.names).split(b"\0", 1)[0].decode() or "unnamed model",
        mass_kg=float(model.body_subtreemass[0]),
        timestep_s=float(model.opt.timestep),
        joints=joints, actuators=found, sensors=sensors,
        keyframes=tuple(model.key(i).name or str(i) for i in range(model.nkey)),
        cameras=tuple(model.camera(i).name or str(i) for i in range(model.ncam)),
        missing=tuple(_missing(model, joints, found, sensors)),
    )  # fmt: skip


def _compiled(source: "mujoco.MjSpec | mujoco.MjModel") -> mujoco.MjModel:
    if isinstance(source, mujoco.MjSpec):
        return compile_spec(source.copy(), f"model {source.modelname!r}")
    return source


def sensors_of(model: mujoco.MjModel) -> tuple[Sensor, ...]:
    """Every sensor of a model, in its order."""
    return tuple(_sensor(model, i) for i in range(model.nsensor))


def _limits(limits: tuple[float, float] | None) -> str:
    return "none" if limits is None else f"{number(limits[0])} to {number(limits[1])}"


def _joint(model: mujoco.MjModel, i: int) -> Joint:
    kind = mujoco.mjtJoint(model.jnt_type[i]).name.removeprefix("mjJNT_").lower()
    limits = tuple(model.jnt_range[i].tolist()) if model.jnt_limited[i] else None
    unit = {"hinge": "rad", "ball": "rad", "slide": "m", "free": "m, rad"}[kind]
    return Joint(model.joint(i).name, kind, model.body(int(model.jnt_bodyid[i])).name, limits, unit)


def _sensor(model: mujoco.MjModel, i: int) -> Sensor:
    kind = mujoco.mjtSensor(model.sensor_type[i]).name.removeprefix("mjSENS_").lower()
    thing, at = int(model.sensor_objtype[i]), int(model.sensor_objid[i])
    of, unit = "", _UNITS.get(kind, "")
    if at >= 0:
        what = mujoco.mjtObj(thing).name.removeprefix("mjOBJ_").lower().replace("xbody", "body")
        of = f"{what} {mujoco.mj_id2name(model, thing, at) or at}"
    if kind in ("jointpos", "jointvel", "jointlimitpos", "jointlimitvel"):
        turns = model.jnt_type[at] == mujoco.mjtJoint.mjJNT_HINGE
        unit = ("rad" if turns else "m") + ("/s" if kind.endswith("vel") else "")
    return Sensor(model.sensor(i).name, kind, of, int(model.sensor_dim[i]), unit)


def _missing(
    model: mujoco.MjModel, joints: tuple[Joint, ...], found: tuple[Actuator, ...], sensors: tuple[Sensor, ...]
) -> list[str]:
    lacks: list[str] = []
    if not joints:
        lacks.append("It has no joints: nothing can move.")
    if not found:
        lacks.append("It has no actuators; an environment needs at least one.")
    lacks += [
        f"Actuator {a.called(i)} has no control range; give it a ctrlrange, or limits when a World is made."
        for i, a in enumerate(found) if a.limits is None
    ]  # fmt: skip
    lacks += [f"Joint {i}, of body {j.body!r}, has no name." for i, j in enumerate(joints) if not j.name]
    lacks += [f"Actuator {a.called(i)} has no name." for i, a in enumerate(found) if not a.name]
    lacks += [f"Sensor {i} ({s.kind}) has no name: no task can read it." for i, s in enumerate(sensors) if not s.name]
    told = {s.of for s in sensors if s.kind in ("jointpos", "ballquat")}
    lacks += [
        f"No sensor tells where joint {j.name!r} is." for j in joints
        if j.name and j.kind != "free" and f"joint {j.name}" not in told
    ]  # fmt: skip
    if not model.nkey:
        lacks.append("It has no keyframe: it starts in the pose in which it was drawn.")
    if not model.ncam:
        lacks.append("It has no camera: pictures are taken from a free one.")
    return lacks
