"""One leg of three joints hops along x in a plane.

Gymnasium's Hopper-v5 on the batched engine.
"""

import math
from dataclasses import dataclass, replace

from ..world import World
from ._locomotion import Classic, Falling, UprightOptions, classic

EPISODE_STEPS = 1000
EXAMPLES = ({"exclude_current_positions_from_observation": False, "ctrl_cost_weight": 0.2},)

HOPPER = Classic(
    file="hopper.xml", frame_skip=4, root="upright", control_cost=1e-3, alive=1.0, healthy_z_m=(0.7, math.inf),
    healthy_angle_rad=(-0.2, 0.2), healthy_state=(-100.0, 100.0), reset_noise=5e-3, largest_speed=10.0,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HopperOptions(UprightOptions):
    """Options of `innervate/Hopper-v0`."""

    ctrl_cost_weight: float = HOPPER.control_cost
    reset_noise_scale: float = HOPPER.reset_noise
    healthy_reward: float = 1.0
    healthy_z_range: tuple[float, float] = HOPPER.healthy_z_m
    healthy_angle_range: tuple[float, float] = HOPPER.healthy_angle_rad
    healthy_state_range: tuple[float, float] = HOPPER.healthy_state
    """Pitch, joints (rad) and all speeds (SI units) in which it is healthy."""

    def rules(self, rules: Classic) -> Classic:
        """The rules with these options put in."""
        return replace(super().rules(rules), healthy_state=self.healthy_state_range)


class Hopper(Falling):
    """Hop along x on one leg in a plane.

    Gymnasium's `Hopper-v5` (after Erez, Tassa & Todorov, 2011): three motors, a torso on a leg of three joints.
    Velocities are observed clipped to 10 either way. It is healthy while its height and its pitch are within their
    ranges and every other coordinate and speed within `healthy_state_range`.
    """


def world(options: HopperOptions) -> World:
    """Gymnasium's hopper."""
    return classic(options.rules(HOPPER), Hopper)
