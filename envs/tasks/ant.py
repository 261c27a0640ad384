"""Four legs of two joints each run along x.

Gymnasium's Ant-v5 on the batched engine.
"""

from dataclasses import dataclass

from ..world import World
from ._locomotion import Classic, Falling, FallingOptions, classic

EPISODE_STEPS = 1000
EXAMPLES = ({"exclude_current_positions_from_observation": False, "ctrl_cost_weight": 0.2},)

ANT = Classic(
    file="ant.xml", frame_skip=5, root="free", control_cost=0.5, alive=1.0, healthy_z_m=(0.2, 1.0), normal_speed=True,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AntOptions(FallingOptions):
    """Options of `innervate/Ant-v0`."""

    ctrl_cost_weight: float = ANT.control_cost
    reset_noise_scale: float = ANT.reset_noise
    healthy_reward: float = 1.0
    healthy_z_range: tuple[float, float] = ANT.healthy_z_m


class Ant(Falling):
    """Run along x on four legs.

    Gymnasium's `Ant-v5` (after Schulman et al., 2015): eight motors, a torso on four legs of two joints each. It is
    healthy while the height of its torso is within its range.
    """


def world(options: AntOptions) -> World:
    """Gymnasium's ant."""
    return classic(options.rules(ANT), Ant)
