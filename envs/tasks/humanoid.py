"""A person of 17 motors runs along x.

Gymnasium's Humanoid-v5 on the batched engine.
"""

from dataclasses import dataclass

from ..world import World
from ._locomotion import Classic, Falling, FallingOptions, classic

EPISODE_STEPS = 1000
EXAMPLES = ({"exclude_current_positions_from_observation": False, "ctrl_cost_weight": 0.2},)

HUMANOID = Classic(
    file="humanoid.xml", frame_skip=5, root="free", control_cost=0.1, forward=1.25, alive=5.0, healthy_z_m=(1.0, 2.0),
    reset_noise=0.01, progress_of_mass=True,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HumanoidOptions(FallingOptions):
    """Options of `innervate/Humanoid-v0`."""

    forward_reward_weight: float = HUMANOID.forward
    ctrl_cost_weight: float = HUMANOID.control_cost
    reset_noise_scale: float = HUMANOID.reset_noise
    healthy_reward: float = 5.0
    healthy_z_range: tuple[float, float] = HUMANOID.healthy_z_m


class Humanoid(Falling):
    """Run along x on two legs.

    Gymnasium's `Humanoid-v5` (after Tassa, Erez & Todorov, 2012): 17 motors. It is healthy while the height of its
    torso is within its range; progress is that of its centre of mass.
    """


def world(options: HumanoidOptions) -> World:
    """Gymnasium's humanoid."""
    return classic(options.rules(HUMANOID), Humanoid)
