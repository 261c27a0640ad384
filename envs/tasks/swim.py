"""A chain of links in water swims forwards; rewarded for the speed of its head.

Swim forwards: the task of "Neural Circuit Architectural Priors for Embodied Control".
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError

from ..bodies.swimmer import joint_names, swimmer
from ..inputs import Given
from ..memory import Memory
from ..sensors import Sensors
from ..term import Term
from ..world import World
from ._shared.swimmer import Swimmer

EPISODE_STEPS = 1000
BEST_RETURN = 1000.0  # at most 1 a control step
EXAMPLES = ({"n_links": 3}, {"n_links": 11}, {"n_links": 4, "stuck": 2, "stuck_from_s": 0.3})


@dataclass(frozen=True, kw_only=True)
class SwimOptions:
    """Options of `innervate/Swim-v0`."""

    n_links: int = 6
    """Rigid links of the body, 3 to 20; it has one joint and one motor fewer."""
    stuck: int = 0
    """Joint that sticks straight in mid-episode, 1 at the head; 0 for none, -1 for any or none by chance."""
    stuck_from_s: float = 10.0
    """When it does, in seconds of the episode."""


FULL_SPEED_M_S = 0.1
"""Forward speed of the head that earns the whole reward (Bhattasali et al. 2022, their `Swim` task)."""


class Swim(Swimmer):
    """Swim forwards.

    The task of "Neural Circuit Architectural Priors for Embodied Control" (Bhattasali, Zador & Engel, 2022).
    """

    terms = (Term("forward", "speed of the head along its own heading over 0.1 m/s, clipped", 0.0, 1.0),)

    def __init__(self, n_links: int, stuck: int = 0, stuck_from_s: float = 10.0) -> None:
        super().__init__(n_links)
        if not -1 <= stuck < n_links or not 0 <= stuck_from_s < float("inf"):
            raise ConfigError(
                f"A joint of 1 to {n_links - 1} sticks, 0 for none or -1 for any, from a finite second on; "
                f"stuck={stuck} and stuck_from_s={stuck_from_s} came."
            )
        self.stuck, self._from_step = stuck, round(stuck_from_s / self.control_step_s)

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """As every swimmer; which joint will stick, where one may."""
        start = super().begin(rng, n)
        if self.stuck:
            which = rng.integers(self.n_links, size=n) if self.stuck < 0 else np.full(n, self.stuck)
            start["userdata"] = which[:, None].astype(np.float64)
        return start

    def drive(self, s: Sensors, action: Float[np.ndarray, "env actuator"], memory: Memory) -> dict[str, Given]:
        """From its second on the joint is held straight, however its motor pulls."""
        if not self.stuck:
            return {}
        joints = np.arange(1, self.n_links)
        return {"eq_active": (memory[:, :1] == joints) & (memory.step[:, None] >= self._from_step)}

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`forward`: speed of the head along its own heading over the full speed, clipped to [0, 1]."""
        return {"forward": np.clip(-s["velocity"][:, 1] / FULL_SPEED_M_S, 0.0, 1.0)}


def world(options: SwimOptions) -> World:
    """The swimmer in open water."""
    spec = swimmer(options.n_links)
    if options.stuck:
        spec.nuserdata = 1
        for name in joint_names(options.n_links):
            spec.add_equality(
                name=f"stuck_{name}", type=mujoco.mjtEq.mjEQ_JOINT, objtype=mujoco.mjtObj.mjOBJ_JOINT, name1=name,
                active=False, solref=[0.02, 1],
            )  # fmt: skip
    return World(spec, Swim(options.n_links, options.stuck, options.stuck_from_s))
