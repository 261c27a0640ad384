"""The same swimmer brings its nose to a target.

Swim to a target: dm_control's own task on the swimmer, with physical success beside the reward.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from innervate.signals import Channel

from ..bodies.swimmer import swimmer
from ..sensors import Sensors
from ..term import Term
from ..world import World
from ._shared.swimmer import Swimmer

EPISODE_STEPS = 1000
EXAMPLES = ({"n_links": 3}, {"n_links": 11},)


@dataclass(frozen=True, kw_only=True)
class NavigateOptions:
    """Options of `innervate/Navigate-v0`."""

    n_links: int = 6
    """Rigid links of the body, 3 to 20; it has one joint and one motor fewer."""


# dm_control, suite/swimmer.py and suite/swimmer.xml
TARGET_RADIUS_M = 0.1
TARGET_HEIGHT_M = 0.05
FAR_M, NEAR_M, NEAR_SHARE = 2.0, 0.3, 0.2
REWARD_MARGIN_M = 5 * TARGET_RADIUS_M
REWARD_AT_MARGIN = 0.1


class Navigate(Swimmer):
    """Bring the nose to a target.

    dm_control's own task on the swimmer (`suite/swimmer.py`).

    ## Observation Space
    That of `innervate/Swim-v0`, then the way to the target, egocentric: in the head's frame, so that a target to the
    left has a positive first number and one ahead a negative second.

    ## Starting State
    The root lies at the origin with its heading drawn from U[-pi, pi] rad; each joint angle is drawn from
    U[-limit, limit] with limit = 2 pi / `n_links` rad. Everything is at rest. The target lies in the plane, each
    coordinate drawn from U[-0.3, 0.3] m with probability 0.2, else U[-2, 2] m.
    """

    terms = (
        Term("near", "1 with the nose within 0.1 m of the target's centre, 0.1 at 0.6 m", 0.0, 1.0),
    )

    def __init__(self, n_links: int) -> None:
        super().__init__(n_links)
        self.channels = (
            *self.channels,
            Channel(
                "to_target", 2, "m", None, "nose to target, along the head's x (left) and y (backwards)",
                ("nose to target, to the left (+x)", "nose to target, backwards (+y)"), ("to_target",),
            ),
        )  # fmt: skip

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """As for swimming, then the way to the target."""
        return {**super().observe(s), "to_target": s["to_target"][:, :2]}

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`near`: 1 with the nose in the target, falling with distance by dm_control's long-tailed tolerance."""
        outside = np.maximum(distance_m(s) - TARGET_RADIUS_M, 0.0) / REWARD_MARGIN_M
        return {"near": 1 / (outside * outside * (1 / REWARD_AT_MARGIN - 1) + 1)}

    def success(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """The nose is within the target."""
        return distance_m(s) <= TARGET_RADIUS_M

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """As for swimming, and the target anywhere in a square around the origin, mostly a large one."""
        start = super().begin(rng, n)
        half_side = np.where(rng.random(n) < NEAR_SHARE, NEAR_M, FAR_M)
        target = np.full((n, 1, 3), TARGET_HEIGHT_M)
        target[:, 0, :2] = rng.uniform(-1, 1, (n, 2)) * half_side[:, None]
        return {**start, "mocap_pos": target}


def distance_m(s: Sensors) -> Float[np.ndarray, "env"]:
    """From the nose to the centre of the target, in the plane."""
    x, y = s["to_target"][:, 0], s["to_target"][:, 1]
    return np.sqrt(x * x + y * y)


def world(options: NavigateOptions) -> World:
    """The swimmer in open water with a target."""
    return World(swimmer(options.n_links, target_radius_m=TARGET_RADIUS_M), Navigate(options.n_links))
