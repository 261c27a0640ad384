"""The task of all these bodies: run along x."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import gymnasium
import mujoco
import numpy as np
from jaxtyping import Bool, Float

from ...model import load_spec
from ...sensors import Sensors
from ...task import Task
from ...term import Term
from ...world import World
from .parts import Part, add_parts
from .rules import Classic

_ASSETS = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets"


class Locomotion(Task):
    """Run along x.

    ## Observation Space
    Positions but for where the torso is along x (and y), then velocities, both as Gymnasium orders them. The parts of
    Gymnasium's observations that come from contact forces and inertias (`cfrc_ext`, `cinert`, `cvel`, `qfrc_actuator`)
    are left out, as Gymnasium does with `include_..._in_observation=False`; so is the cost of contacts
    (`contact_cost_weight=0`). The body is read at the end of a control step; Gymnasium's Ant and Humanoid take their
    progress from places one substep earlier.

    ## Starting State
    The model's pose, at rest, each coordinate and each speed perturbed by up to `reset_noise_scale`, as Gymnasium draws
    it: the same seed gives the same start.
    """

    def __init__(self, rules: Classic, model: mujoco.MjModel, parts: tuple[Sequence[Part], Sequence[Part]]) -> None:
        self.rules = rules
        self.control_step_s = rules.frame_skip * model.opt.timestep
        positions, self._velocities = parts
        self._positions = [part for part in positions if rules.shows_place or part[0].name != "place"]
        self._start, self._nv = model.qpos0.copy(), model.nv
        self.channels = tuple(channel for channel, *_ in (*self._positions, *self._velocities))
        squares = -rules.control_cost * float((model.actuator_ctrlrange**2).max(axis=1).sum())
        self.terms = (
            Term("forward", f"{rules.forward:g} times the speed along x in m/s"),
            Term("control", f"-{rules.control_cost:g} times the sum of squared actions", squares, 0.0),
        )

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Positions and velocities."""
        largest = self.rules.largest_speed
        return {
            **{channel.name: s[group][:, columns] for channel, group, columns in self._positions},
            **{channel.name: np.clip(s[group][:, columns], -largest, largest)
               for channel, group, columns in self._velocities},
        }  # fmt: skip

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """Progress, and its price."""
        speed = (self._place(s) - self._place(s.previous)) / self.control_step_s
        return {
            "forward": self.rules.forward * speed,
            "control": -self.rules.control_cost * (action * action).sum(axis=1),
        }

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """The model's default pose and rest, each number perturbed."""
        noise = self.rules.reset_noise
        qpos = self._start + rng.uniform(-noise, noise, (n, self._start.size))
        if self.rules.normal_speed:
            return {"qpos": qpos, "qvel": noise * rng.standard_normal((n, self._nv))}
        return {"qpos": qpos, "qvel": rng.uniform(-noise, noise, (n, self._nv))}

    def _place(self, s: Sensors) -> Float[np.ndarray, "env"]:
        """Along x, of what makes progress."""
        if self.rules.progress_of_mass:
            return s["mass_centre"][:, 0]
        return s["root_place" if self.rules.root == "free" else "joint_position"][:, 0]


class Falling(Locomotion):
    """Run along x without falling."""

    def __init__(self, rules: Classic, model: mujoco.MjModel, parts: tuple[Sequence[Part], Sequence[Part]]) -> None:
        super().__init__(rules, model, parts)
        self.terms = (*self.terms, Term("alive", f"{rules.alive:g} while healthy", 0.0, rules.alive))

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """Progress, its price, and being healthy."""
        return {**super().rewards(s, action), "alive": self.rules.alive * self._healthy(s)}

    def failed(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """It is no longer healthy (unless `terminate_when_unhealthy` is off)."""
        return ~self._healthy(s) if self.rules.ends else super().failed(s)

    def _healthy(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        r = self.rules
        if r.root == "free":
            return _within(s["root_place"][:, 2], r.healthy_z_m)
        position, velocity = s["joint_position"], s["joint_velocity"]
        healthy = _within(position[:, 1], r.healthy_z_m) & _within(position[:, 2], r.healthy_angle_rad)
        others = np.concatenate([position[:, 2:], velocity], axis=1)
        return healthy & np.logical_and.reduce(_within(others, r.healthy_state), axis=1)


def _within(value: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    return (bounds[0] < value) & (value < bounds[1])


def classic(rules: Classic, kind: type[Locomotion] | None = None) -> World:
    """The world of one of Gymnasium's locomotion tasks; `kind` says in words what the body is."""
    kind = kind or (Locomotion if rules.alive == 0 else Falling)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*settotalmass.*")  # in Gymnasium's own file of the cheetah
        spec = load_spec(_ASSETS / rules.file)
        model = spec.compile()
        return World(spec, kind(rules, model, add_parts(spec, model, rules)))
