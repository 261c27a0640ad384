"""A robot of one's own from its MJCF or URDF: senses added, a start, limits, and a task to stand, walk or reach."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from innervate.errors import ConfigError, ModelError, UnknownNameError

from ..registry import TaskEntry, bring_entry

if TYPE_CHECKING:
    import mujoco

    from ..world import World

SUFFIXES = (".xml", ".urdf", ".mjcf")
EPISODE_STEPS = 500
_ANIMALS = {
    "rodent": "locomotion/walkers/assets/rodent.xml",
    "dog": "suite/dog.xml",
    "humanoid-cmu": "suite/humanoid_CMU.xml",
    "quadruped": "suite/quadruped.xml",
}
"""Bodies in dm_control's files, as `dm_control:NAME`."""
_BOLTED = ("rodent.xml",)
"""Files whose body is meant to be freed by who attaches it."""


@dataclass(frozen=True, kw_only=True)
class RobotOptions:
    """What a brought robot can be asked for."""

    goal: Literal["stand", "walk", "reach"] = "stand"
    """Stand upright, walk forwards, or bring the end of the last limb to a target."""
    keyframe: str = ""
    """Where episodes start; by default the model's first keyframe, or the pose in which it was drawn."""
    control_step_s: float = 0.02
    """Time between two actions; rounded to a whole number of the model's timesteps."""
    action_scale: float = 0.5
    """Share of a position servo's range that an action of 1 goes away from the start's pose."""
    free: bool = False
    """Let the first body move freely, where its file leaves that to others (`dm_control:rodent` is freed by itself)."""
    motors: float = 0.0
    """Greatest torque (N m) or force (N) of motors put on every joint of a model without actuators (a URDF, say)."""
    limit: float = 1.0
    """Control range, to both sides, of actuators for which the model tells none and nothing limits their force."""
    tilt_rad: float = 0.1
    """Episodes of a free base start turned by up to this angle about a random level axis."""
    drop_m: float = 0.0
    """Episodes of a free base start up to this far above its pose, and fall."""
    push_m_s: float = 0.0
    """Episodes of a free base start with a level velocity of up to this, in a random direction: a push."""
    spread: float = 0.05
    """Episodes start with every joint off its pose by up to this, in rad or m."""
    speed_m_s: float = 0.5
    """How fast it is to walk."""
    reach_m: float = 0.3
    """How far from the hand's first place targets lie, at most."""


def path_of(name: str) -> Path | None:
    """The model file that a name means: a path, or `dm_control:NAME`; None for another kind of name."""
    package, colon, animal = name.partition(":")
    if colon and package == "dm_control":
        if animal not in _ANIMALS:
            raise UnknownNameError("body in dm_control", animal, _ANIMALS)
        found = importlib.util.find_spec("dm_control")
        if found is None or not found.submodule_search_locations:
            raise ConfigError("dm_control is not installed: pip install dm-control")
        return Path(found.submodule_search_locations[0]) / _ANIMALS[animal]
    return Path(name) if name.endswith(SUFFIXES) else None


def registered(name: str, path: Path) -> str:
    """Register a robot as `robot/Name-v0`; returns the id. Raises `ConfigError` for a file that is not there."""
    if not path.is_file():
        raise ConfigError(f"There is no file {path}.")
    stem = "".join(c if c.isalnum() else "_" for c in (name.partition(":")[2] or path.stem))
    id_ = f"robot/{stem[:1].upper() + stem[1:]}-v0"

    def world(options: RobotOptions) -> "World":
        return bring(path, options)

    world.__annotations__ = {"options": RobotOptions}
    bring_entry(TaskEntry(id=id_, max_episode_steps=EPISODE_STEPS, build=lambda: world))
    return id_


def bring(source: "str | Path | mujoco.MjSpec", options: RobotOptions | None = None) -> "World":
    """A world with this robot: its usual senses, a start, limits and a task; physics as in the model.

    Raises:
        ModelError: the model does not compile, or has no actuators.
        ConfigError: a walk is asked of a robot that is bolted to the ground.
        UnknownNameError: there is no such keyframe.
    """
    from ..model import compile_spec, load_spec
    from ..world import World
    from .robot_tasks import RobotTask, Start

    options = options or RobotOptions()
    spec = load_spec(source)
    if options.free or Path(str(source)).name in _BOLTED:
        spec.bodies[1].add_freejoint()
    for i, joint in enumerate(spec.joints):
        joint.name = joint.name or f"joint_{i}"
    if not spec.actuators and options.motors > 0:
        _add_motors(spec, options.motors)
    bare = compile_spec(spec, str(source))
    if not bare.nu:
        raise ModelError(
            f"{spec.modelname} has no actuators. Give its joints motors of 20 N m, say: --env.motors 20; or add some "
            "to the file."
        )
    start = Start.of(bare, options.keyframe)
    base = _base(spec, bare)
    if options.goal == "walk" and not start.free:
        raise ConfigError(f"{spec.modelname} has no free joint, it is bolted; --env.free True, or --task reach.")
    _add_senses(spec, bare, base, options)
    limits = _limits(bare, start, options)
    timestep = float(bare.opt.timestep)
    step_s = max(1, round(options.control_step_s / timestep)) * timestep
    if start.free and not any(g.type in _ground_kinds() for g in spec.geoms):
        import mujoco

        spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.05], pos=[0, 0, 0])
    return World(spec, RobotTask(options, start, step_s, [j.name for j in spec.joints]), limits=limits)


def _add_motors(spec: "mujoco.MjSpec", most: float) -> None:
    import mujoco

    for joint in spec.joints:
        if joint.type in (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE):
            on = {"target": joint.name, "trntype": mujoco.mjtTrn.mjTRN_JOINT}
            motor = spec.add_actuator(name=joint.name, ctrllimited=True, ctrlrange=[-1, 1], **on)
            motor.gear = [most, 0, 0, 0, 0, 0]


def _ground_kinds() -> tuple[Any, ...]:
    import mujoco

    return mujoco.mjtGeom.mjGEOM_PLANE, mujoco.mjtGeom.mjGEOM_HFIELD


def _base(spec: "mujoco.MjSpec", model: "mujoco.MjModel") -> str:
    """The body that carries all others: that of the first free joint, or the first one."""
    import mujoco

    free = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
    body = spec.bodies[int(model.jnt_bodyid[free[0]]) if len(free) else 1]
    body.name = body.name or "base"
    return body.name


def _add_senses(spec: "mujoco.MjSpec", model: "mujoco.MjModel", base: str, options: RobotOptions) -> None:
    import mujoco

    sensor, kind, thing = spec.add_sensor, mujoco.mjtSensor, mujoco.mjtObj
    for joint in spec.joints:
        if joint.type in (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE):
            on = {"objtype": thing.mjOBJ_JOINT, "objname": joint.name}
            sensor(name=f"proprio_angle/{joint.name}", type=kind.mjSENS_JOINTPOS, **on)
            sensor(name=f"proprio_velocity/{joint.name}", type=kind.mjSENS_JOINTVEL, **on)
    on = {"objtype": thing.mjOBJ_XBODY, "objname": base}
    for name, what in (
        ("place", kind.mjSENS_FRAMEPOS), ("forward", kind.mjSENS_FRAMEXAXIS), ("left", kind.mjSENS_FRAMEYAXIS),
        ("up", kind.mjSENS_FRAMEZAXIS), ("velocity", kind.mjSENS_FRAMELINVEL), ("turning", kind.mjSENS_FRAMEANGVEL),
    ):  # fmt: skip
        sensor(name=f"proprio_base_{name}", type=what, **on)
    if options.goal == "reach":
        depth = [0] * model.nbody
        for i in range(1, model.nbody):
            depth[i] = depth[int(model.body_parentid[i])] + 1
        hand = spec.bodies[int(np.argmax(depth))]
        hand.name = hand.name or "hand"
        target = spec.worldbody.add_body(name="proprio_target", mocap=True)
        target.add_site(name="proprio_target", rgba=[0.9, 0.2, 0.2, 1], size=[0.02, 0.02, 0.02])
        sensor(name="proprio_hand", type=kind.mjSENS_FRAMEPOS, objtype=thing.mjOBJ_XBODY, objname=hand.name)
        sensor(name="proprio_goal", type=kind.mjSENS_FRAMEPOS, objtype=thing.mjOBJ_SITE, objname="proprio_target")


def _limits(model: "mujoco.MjModel", start: Any, options: RobotOptions) -> dict[str, tuple[float, float]]:
    """Control ranges by actuator: of a servo around the start's pose, of others as the model has them or its forces."""
    from ..actuators import actuators

    found: dict[str, tuple[float, float]] = {}
    for i, a in enumerate(actuators(model)):
        key, on_joint = a.name or a.target, a.on == "joint"
        joint = int(model.actuator_trnid[i, 0]) if on_joint else -1
        if a.kind == "position" and on_joint:
            if a.limits is not None:
                low, high = a.limits
            else:
                low, high = model.jnt_range[joint] if model.jnt_limited[joint] else (-np.pi / 2, np.pi / 2)
            home = float(start.qpos[int(model.jnt_qposadr[joint])] * model.actuator_gear[i, 0])
            half = options.action_scale * (high - low) / 2
            found[key] = (float(home - half), float(home + half))
        elif a.limits is None:
            gear = abs(float(model.actuator_gear[i, 0])) or 1.0
            gain = abs(float(model.actuator_gainprm[i, 0])) or 1.0
            most = options.limit
            if model.actuator_forcelimited[i]:
                most = float(np.abs(model.actuator_forcerange[i]).max()) / gain
            elif on_joint and model.jnt_actfrclimited[joint]:
                most = float(np.abs(model.jnt_actfrcrange[joint]).max()) / (gear * gain)
            found[key] = (-most, most)
    return found
