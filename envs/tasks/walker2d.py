"""Two legs of three joints each walk along x in a plane.

Gymnasium's Walker2d-v5 on the batched engine.
"""

from dataclasses import dataclass

from ..world import World
from ._locomotion import Classic, Falling, UprightOptions, classic

EPISODE_STEPS = 1000
EXAMPLES = ({"exclude_current_positions_from_observation": False, "ctrl_cost_weight": 0.2},)

WALKER2D = Classic(
    file="walker2d_v5.xml", frame_skip=4, root="upright", control_cost=1e-3, alive=1.0, healthy_z_m=(0.8, 2.0),
    healthy_angle_rad=(-1.0, 1.0), reset_noise=5e-3, largest_speed=10.0,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Walker2dOptions(UprightOptions):
    """Options of `innervate/Walker2d-v0`."""

    ctrl_cost_weight: float = WALKER2D.control_cost
    reset_noise_scale: float = WALKER2D.reset_noise
    healthy_reward: float = 1.0
    healthy_z_range: tuple[float, float] = WALKER2D.healthy_z_m
    healthy_angle_range: tuple[float, float] = WALKER2D.healthy_angle_rad


class Walker2d(Falling):
    """Walk along x on two legs in a plane.

    Gymnasium's `Walker2d-v5` (after Erez, Tassa & Todorov, 2011): six motors, a torso on two legs of three joints each.
    Velocities are observed clipped to 10 either way. It is healthy while its height and its pitch are within their
    ranges.
    """


def world(options: Walker2dOptions) -> World:
    """Gymnasium's walker."""
    return classic(options.rules(WALKER2D), Walker2d)
