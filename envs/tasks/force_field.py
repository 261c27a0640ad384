"""The same arms reach in a force field: curl or viscous, with catch trials.

Reach with a muscle-driven arm in a force field.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError

from ..memory import Memory
from ..sensors import Sensors
from ..world import World
from ._shared.arm import FIELD, arm_world
from .reach import Reach, ReachOptions

EPISODE_STEPS = 150
EXAMPLES = (
    {"go_s": 0.1, "catch": 0.5, "unknown_sign": True, "load": "pulse", "onset_s": 0.2},
    {"arms": 2, "field": "viscous", "reach_m": None},
)

FIELDS = ("curl", "viscous")


@dataclass(frozen=True, kw_only=True)
class ForceFieldOptions(ReachOptions):
    """Options of `innervate/ForceField-v0`."""

    reach_m: float | None = 0.1
    """How far the target is, in one of eight directions, from the hand in the central posture (shoulder 45 and elbow 90
    degrees), where it then starts: centre-out reaching. None for any posture to any other."""
    field: str = "curl"
    """`curl`: across the velocity, to the right of a hand that moves ahead; `viscous`: against the velocity."""
    strength_n_s_m: float = 13.0
    """Force per velocity of the hand; negative: to the left, or along the velocity."""
    unknown_sign: bool = False
    """Whether the sign of the field is drawn anew for each episode: no model of it can be learned, only stiffness."""
    catch: float = 0.0
    """Share of the episodes, drawn at random and not announced, in which there is no field; 1 for a wash-out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.field not in FIELDS:
            raise ConfigError(f"The field is 'curl' or 'viscous'; {self.field!r} was asked for.")
        if not math.isfinite(self.strength_n_s_m):
            raise ConfigError(f"The field must be of finite strength; strength_n_s_m is {self.strength_n_s_m}.")
        if not 0 <= self.catch <= 1:
            raise ConfigError(f"The share of catch trials lies between 0 and 1; catch is {self.catch}.")


PER_VELOCITY = {"curl": ((0.0, 1.0), (-1.0, 0.0)), "viscous": ((-1.0, 0.0), (0.0, -1.0))}
"""Force (x, y) of each field of unit strength by the velocity (x, y) of the hand."""


class ForceField(Reach):
    """Reach while a force that depends on the hand's velocity pushes it.

    The adaptation experiment of Shadmehr and Mussa-Ivaldi ("Adaptive representation of dynamics during learning of a
    motor task", Journal of Neuroscience, 1994): a robot arm that the hand holds pushes it in proportion to its
    velocity. Those who have learned it err to the other side when the field is gone (`catch`): the after-effect.
    The force is F = b B v, with v the velocity of the hand and b = `strength_n_s_m`; B is ((0, 1), (-1, 0)) for `curl`,
    which does no work, and ((-1, 0), (0, -1)) for `viscous`. It is renewed at each control step and held for its 10 ms,
    v being that at the middle of the step, extrapolated from the last two (Adams and Bashforth's rule: the hand is
    where it would be in a field that is renewed all the time, to less than 1 mm after half a second).

    ## Starting State
    The arm is at rest in the central posture (shoulder 45, elbow 90 degrees), the muscles inactive. The target is
    `reach_m` away in one of eight directions, drawn uniformly; until `go_s` it lies at the hand. Without `reach_m`,
    start and target are anywhere, as in `innervate/Reach-v0`.
    """

    def __init__(self, options: ForceFieldOptions) -> None:
        super().__init__(options)
        self.field = options

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """A reach, and whether and which way the field will push."""
        start, o = super().begin(rng, n), self.field
        there = rng.random(n) >= o.catch
        sign = np.where(rng.random(n) < 0.5, -1.0, 1.0) if o.unknown_sign else 1.0
        start["userdata"][:, FIELD] = there * sign * o.strength_n_s_m
        return start

    def info(self, s: Sensors, memory: Memory) -> dict[str, np.ndarray]:
        """`catch`, whether this episode is without a field, and `field_n_s_m`, its b; the arm is told neither."""
        return {"catch": memory[:, FIELD] == 0, "field_n_s_m": memory[:, FIELD]}

    def force_n(self, s: Sensors, memory: Memory) -> Float[np.ndarray, "env arm 2"]:
        """The field's force at the velocity that the hand will have in the middle of the step, and the load's."""
        v = 1.5 * self.in_plane(s, "hand_velocity") - 0.5 * self.in_plane(s.previous, "hand_velocity")
        b = PER_VELOCITY[self.field.field]
        xy = [row[0] * v[..., 0] + row[1] * v[..., 1] for row in b]  # by hand: the same bits for one body and many
        force = memory[:, FIELD, None, None] * np.stack(xy, axis=-1)
        load = super().force_n(s, memory)
        return force if load is None else force + load


def world(options: ForceFieldOptions) -> World:
    """One arm or two at a table."""
    return arm_world(options, ForceField(options))
