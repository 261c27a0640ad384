"""Gymnasium's own swimmer of three links swims along x in a viscous plane.

Gymnasium's Swimmer-v5 on the batched engine.
"""

from dataclasses import dataclass

from ..world import World
from ._locomotion import Classic, Locomotion, LocomotionOptions, classic

EPISODE_STEPS = 1000
EXAMPLES = ({"exclude_current_positions_from_observation": False, "ctrl_cost_weight": 0.2},)

SWIMMER = Classic(file="swimmer.xml", frame_skip=4, root="flat", control_cost=1e-4)


@dataclass(frozen=True, kw_only=True)
class SwimmerOptions(LocomotionOptions):
    """Options of `innervate/Swimmer-v0`."""

    ctrl_cost_weight: float = SWIMMER.control_cost
    reset_noise_scale: float = SWIMMER.reset_noise


class Swimmer(Locomotion):
    """Swim along x with three links in a viscous plane.

    Gymnasium's `Swimmer-v5` (after R. Coulom's thesis, 2002): two motors, fluid of density 4000 kg/m^3, no contacts.
    """


def world(options: SwimmerOptions) -> World:
    """Gymnasium's swimmer."""
    return classic(options.rules(SWIMMER), Swimmer)
