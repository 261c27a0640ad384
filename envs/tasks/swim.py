"""A chain of links in water swims forwards; rewarded for the speed of its head.

Swim forwards: the task of "Neural Circuit Architectural Priors for Embodied Control".
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..bodies.swimmer import swimmer
from ..sensors import Sensors
from ..term import Term
from ..world import World
from ._swimmer import Swimmer

EPISODE_STEPS = 1000
BEST_RETURN = 1000.0  # at most 1 a control step
EXAMPLES = ({"n_links": 3}, {"n_links": 11},)


@dataclass(frozen=True, kw_only=True)
class SwimOptions:
    """Options of `innervate/Swim-v0`."""

    n_links: int = 6
    """Rigid links of the body, 3 to 20; it has one joint and one motor fewer."""


FULL_SPEED_M_S = 0.1
"""Forward speed of the head that earns the whole reward (Bhattasali et al. 2022, their `Swim` task)."""


class Swim(Swimmer):
    """Swim forwards.

    The task of "Neural Circuit Architectural Priors for Embodied Control" (Bhattasali, Zador & Engel, 2022).
    """

    terms = (
        Term("forward", "speed of the head along its own heading over 0.1 m/s, clipped", 0.0, 1.0),
    )

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`forward`: speed of the head along its own heading over the full speed, clipped to [0, 1]."""
        return {"forward": np.clip(-s["velocity"][:, 1] / FULL_SPEED_M_S, 0.0, 1.0)}


def world(options: SwimOptions) -> World:
    """The swimmer in open water."""
    return World(swimmer(options.n_links), Swim(options.n_links))
