"""Gymnasium's own Swimmer, Ant and Humanoid on the batched engine: their MJCF files, their observations and rewards.

Nothing in the engine knows them: they are bodies like a user's own, with the sensors added that the tasks read. The
parts of Gymnasium's observations that come from contact forces and inertias (`cfrc_ext`, `cinert`, `cvel`,
`qfrc_actuator`) are left out, as Gymnasium does with `include_..._in_observation=False`.
"""

from dataclasses import dataclass
from pathlib import Path

import gymnasium
import mujoco
import numpy as np
from jaxtyping import Bool, Float

from .channel import Channel
from .model import load_spec
from .sensors import Sensors
from .task import Task
from .world import World

_ASSETS = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets"


@dataclass(frozen=True, kw_only=True)
class Classic:
    """What distinguishes Gymnasium's locomotion tasks (the defaults of their v5 classes)."""

    file: str
    frame_skip: int
    control_cost: float
    forward: float = 1.0
    alive: float = 0.0
    healthy_z_m: tuple[float, float] | None = None
    """Range of the torso's height outside which the episode ends; None where nothing ends it."""
    reset_noise: float = 0.1
    normal_speed: bool = False
    """Whether initial speeds are drawn from a normal distribution rather than a uniform one."""
    progress_of_mass: bool = False
    """Whether progress is that of the centre of mass rather than of the torso."""


SWIMMER = Classic(file="swimmer.xml", frame_skip=4, control_cost=1e-4)
ANT = Classic(
    file="ant.xml", frame_skip=5, control_cost=0.5, alive=1.0, healthy_z_m=(0.2, 1.0), normal_speed=True
)  # fmt: skip
HUMANOID = Classic(
    file="humanoid.xml", frame_skip=5, control_cost=0.1, forward=1.25, alive=5.0, healthy_z_m=(1.0, 2.0),
    reset_noise=0.01, progress_of_mass=True,
)  # fmt: skip


class Locomotion(Task):
    """Run along x. Observation: positions without the root's x and y, then velocities, both as Gymnasium orders them.

    Reward terms: `forward` (progress along x in m/s, weighted), `control` (minus the weighted sum of squared actions)
    and, where there is a healthy height, `alive`.
    """

    def __init__(self, rules: Classic, model: mujoco.MjModel, names: tuple[list[str], list[str]]) -> None:
        self.rules = rules
        self.control_step_s = rules.frame_skip * model.opt.timestep
        self._positions, self._velocities = names
        self._start = model.qpos0.copy()
        self._nv = model.nv
        self.channels = (
            Channel("position", model.nq - 2, "m, rad", None, "generalised positions but the root's x and y"),
            Channel("velocity", model.nv, "m/s, rad/s", None, "generalised velocities"),
        )

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Positions and velocities."""
        position = np.concatenate([s[name] for name in self._positions], axis=1)
        return {
            "position": position[:, 2:],
            "velocity": np.concatenate([s[name] for name in self._velocities], axis=1),
        }

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """Progress, its price, and for bodies that can fall, being alive."""
        where = "mass_centre" if self.rules.progress_of_mass else self._positions[0]
        speed = (s[where][:, 0] - s.previous[where][:, 0]) / self.control_step_s
        terms = {
            "forward": self.rules.forward * speed,
            "control": -self.rules.control_cost * (action * action).sum(axis=1),
        }
        if self.rules.healthy_z_m is not None:
            terms["alive"] = self.rules.alive * self._healthy(s)
        return terms

    def failed(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """The torso is too low or too high."""
        if self.rules.healthy_z_m is None:
            return super().failed(s)
        return ~self._healthy(s)

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """The model's default pose and rest, each number perturbed."""
        noise = self.rules.reset_noise
        qpos = self._start + rng.uniform(-noise, noise, (n, self._start.size))
        qvel = rng.standard_normal((n, self._nv)) if self.rules.normal_speed else rng.uniform(-1, 1, (n, self._nv))
        return {"qpos": qpos, "qvel": noise * qvel}

    def _healthy(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        low, high = self.rules.healthy_z_m or (-np.inf, np.inf)
        z = s["root_place"][:, 2]
        return (low <= z) & (z <= high)


def classic(rules: Classic) -> World:
    """The world of one of Gymnasium's locomotion tasks."""
    spec = load_spec(_ASSETS / rules.file)
    model = spec.compile()
    return World(spec, Locomotion(rules, model, _add_sensors(spec, model, rules)))


def _add_sensors(spec: mujoco.MjSpec, model: mujoco.MjModel, rules: Classic) -> tuple[list[str], list[str]]:
    """Sensors for all positions and velocities; returns their names in the order of `qpos` and of `qvel`."""
    positions, velocities = list[str](), list[str]()
    kinds, objects = mujoco.mjtSensor, mujoco.mjtObj
    body = model.body(int(model.jnt_bodyid[0])).name
    if rules.progress_of_mass:
        spec.add_sensor(name="mass_centre", type=kinds.mjSENS_SUBTREECOM, objtype=objects.mjOBJ_BODY, objname=body)
    hinges = [model.joint(i).name for i in range(model.njnt) if model.jnt_type[i] != mujoco.mjtJoint.mjJNT_FREE]
    if len(hinges) < model.njnt:  # a free joint comes first: place, orientation, velocity, turn rate in its own frame
        spec.body(body).add_site(name="root_site", group=4)
        for name, kind, objtype, objname, names in (
            ("root_place", kinds.mjSENS_FRAMEPOS, objects.mjOBJ_XBODY, body, positions),
            ("root_orientation", kinds.mjSENS_FRAMEQUAT, objects.mjOBJ_XBODY, body, positions),
            ("root_velocity", kinds.mjSENS_FRAMELINVEL, objects.mjOBJ_XBODY, body, velocities),
            ("root_turn_rate", kinds.mjSENS_GYRO, objects.mjOBJ_SITE, "root_site", velocities),
        ):
            spec.add_sensor(name=name, type=kind, objtype=objtype, objname=objname)
            names.append(name)
    for group, kind, names in (
        ("joint_position", kinds.mjSENS_JOINTPOS, positions),
        ("joint_velocity", kinds.mjSENS_JOINTVEL, velocities),
    ):
        for name in hinges:
            spec.add_sensor(name=f"{group}/{name}", type=kind, objtype=objects.mjOBJ_JOINT, objname=name)
        names.append(group)
    return positions, velocities
