"""Swim to a target: dm_control's own task on the swimmer, with physical success beside the reward."""

import numpy as np
from jaxtyping import Bool, Float

from .bodies.swimmer import swimmer
from .channel import Channel
from .options import NavigateOptions
from .sensors import Sensors
from .swim import Swimmer
from .world import World

# dm_control, suite/swimmer.py and suite/swimmer.xml
TARGET_RADIUS_M = 0.1
TARGET_HEIGHT_M = 0.05
FAR_M, NEAR_M, NEAR_SHARE = 2.0, 0.3, 0.2
REWARD_MARGIN_M = 5 * TARGET_RADIUS_M
REWARD_AT_MARGIN = 0.1


class Navigate(Swimmer):
    """DOCSTRING"""

    def __init__(self, n_links: int) -> None:
        super().__init__(n_links)
        self.channels = (
            *self.channels,
            Channel("to_target", 2, "m", None, "from the nose to the target, along the head's x (left) and y (backwards)"),
        )

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env ?size"]]:
        """As for swimming, then the way to the target."""
        return {**super().observe(s), "to_target": s["to_target"][:, :2]}

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`near`: 1 with the nose in the target, falling with distance by dm_control's long-tailed tolerance."""
        outside = np.maximum(distance_m(s) - TARGET_RADIUS_M, 0.0) / REWARD_MARGIN_M
        return {"near": 1 / (outside * outside * (1 / REWARD_AT_MARGIN - 1) + 1)}

    def success(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """The nose is within the target."""
        return distance_m(s) <= TARGET_RADIUS_M

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env *size"]]:
        """As for swimming, and the target anywhere in a square around the origin: a small one, or mostly a large one."""
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
