"""A cheetah in a plane, on two legs of three joints each, runs along x.

Gymnasium's HalfCheetah-v5 on the batched engine.
"""

from dataclasses import dataclass

from ..world import World
from ._locomotion import Classic, Locomotion, LocomotionOptions, classic

EPISODE_STEPS = 1000
EXAMPLES = ({"exclude_current_positions_from_observation": False, "ctrl_cost_weight": 0.2},)

HALF_CHEETAH = Classic(
    file="half_cheetah.xml", frame_skip=5, root="upright", control_cost=0.1, normal_speed=True,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HalfCheetahOptions(LocomotionOptions):
    """Options of `innervate/HalfCheetah-v0`."""

    ctrl_cost_weight: float = HALF_CHEETAH.control_cost
    reset_noise_scale: float = HALF_CHEETAH.reset_noise


class HalfCheetah(Locomotion):
    """Run along x on two legs in a plane.

    Gymnasium's `HalfCheetah-v5` (after Wawrzynski, 2009): six motors, two legs of three joints each. It cannot fall for
    good: nothing ends an episode.
    """


def world(options: HalfCheetahOptions) -> World:
    """Gymnasium's half cheetah."""
    return classic(options.rules(HALF_CHEETAH), HalfCheetah)
