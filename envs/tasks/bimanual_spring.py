"""Two arms whose hands a spring joins: one reaches, the other stays where it is.

Reach with one hand and keep the other still while a spring joins them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError

from ..bodies.arm import Spring
from ..world import World
from ._shared.arm import arm_world
from .reach import Reach, ReachOptions

EPISODE_STEPS = 150
EXAMPLES = ({"reaches": "either", "stiffness_n_m": 200.0},)


@dataclass(frozen=True, kw_only=True)
class BimanualSpringOptions(ReachOptions):
    """Options of `innervate/BimanualSpring-v0`."""

    arms: int = 2
    """Always 2: a left and a right one in mirror image."""
    reach_m: float | None = 0.1
    """How far the target of the hand that reaches is from where it starts, in one of eight directions; both hands
    start in the central posture (shoulder 45 and elbow 90 degrees). None for any posture to any other."""
    reaches: str = "right"
    """Which hand: `left`, `right`, or `either`, drawn anew for each episode; the other one is to stay where it is."""
    stiffness_n_m: float = 40.0
    """Stiffness of the spring that joins the hands."""
    rest_m: float = 0.3
    """Length at which the spring neither pulls nor pushes; the hands start 0.326 m apart in the central posture."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.arms != 2:
            raise ConfigError(f"A spring joins the hands of 2 arms; arms={self.arms} was asked for.")
        if self.reaches not in ("left", "right", "either"):
            raise ConfigError(f"The hand that reaches is 'left', 'right' or 'either'; {self.reaches!r} was asked for.")
        self._check_finite("stiffness_n_m", "rest_m")



class BimanualSpring(Reach):
    """One hand reaches a target, the other stays where it is, and a spring joins the two.

    Bread is cut with one hand and held with the other: each hand has a part of its own, and what one does pushes the
    other. After the mechanically coupled reaches by which Woytowicz et al. (Journal of Neurophysiology, 2018) told the
    skills of the two hands apart. The spring pulls when it is longer than `rest_m` and pushes when it is shorter, by
    `stiffness_n_m` times the difference, on both hands alike and in opposite directions. The hand that is to reach is
    the one whose target is elsewhere.

    ## Starting State
    Both arms are at rest in the central posture (shoulder 45, elbow 90 degrees), the muscles inactive, the hands
    0.326 m apart. The target of the hand that reaches is `reach_m` away in one of eight directions, drawn uniformly;
    until `go_s` it lies at the hand. The target of the other hand is that hand's start. Without `reach_m`, starts and
    the target are anywhere, as in `innervate/Reach-v0`.
    """

    def __init__(self, options: BimanualSpringOptions) -> None:
        super().__init__(options)
        self.coupled = options

    def goals(
        self, rng: np.random.Generator, start: Float[np.ndarray, "env arm 2"]
    ) -> Float[np.ndarray, "env arm 3"]:
        """Elsewhere for the hand that reaches, at the start for the other one."""
        away, here, o = super().goals(rng, start), self.hand_at(start), self.coupled
        right = rng.random(len(start)) < 0.5 if o.reaches == "either" else np.full(len(start), o.reaches == "right")
        reaches = np.stack([~right, right], axis=1)
        return np.where(reaches[..., None], away, here)


def world(options: BimanualSpringOptions) -> World:
    """Two arms at a table, and the spring."""
    return arm_world(options, BimanualSpring(options), Spring(options.stiffness_n_m, options.rest_m))
