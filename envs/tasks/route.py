"""A vehicle with a camera drives along a ring road through a town, by day and dusk, summer and winter.

A road that closes upon itself: the route that place recognition is tried on.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from mujoco import MjSpec

from innervate.errors import ConfigError

from ..bodies.vehicle import FULL_SPEED_M_S, add_vehicle, poses
from ..memory import Memory
from ..scenery.town import add_sky_and_ground, add_town
from ..scenery.weather import weather
from ..sensors import Sensors
from ..term import Term
from ..world import World
from ._shared.drive import Drive, DriveOptions

EPISODE_STEPS = 2000
EXAMPLES = ({"season": "winter", "aside_m": 0.3},)


@dataclass(frozen=True, kw_only=True)
class RouteOptions(DriveOptions):
    """Options of `innervate/Route-v0`."""

    radius_m: float = 20.0
    """Radius of the middle of the road, at least 8."""
    aside_m: float = 0.0
    """How far to the outside of the middle it starts, less than 2 either way."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 8 <= self.radius_m < 60:
            raise ConfigError(f"The road's radius must be 8 to 60 m; it is {self.radius_m}.")
        if not abs(self.aside_m) < 2:
            raise ConfigError(f"It must start on the road, less than 2 m from its middle; aside_m is {self.aside_m}.")


HALF_WIDTH_M = 2.0
"""Of the road: further from its middle line the vehicle is off it."""


class Route(Drive):
    """Drive along a ring road, seeing houses and trees.

    The vehicle drives along a ring road between houses and trees, which are drawn from the seed `scene` and are the
    same in every light and season. It feels its wheels and its turning; where it is it can only tell by sight.

    ## Starting State
    Anywhere along the road, drawn uniformly, `aside_m` to the outside of its middle, headed along it, at rest.
    """

    terms = (Term("along", "speed along the road, counter-clockwise, over 1 m/s, clipped", 0.0, 1.0),)

    def __init__(self, radius_m: float, aside_m: float) -> None:
        self.radius_m, self.aside_m = radius_m, aside_m

    @property
    def length_m(self) -> float:
        """Of the middle of the road, once around."""
        return 2 * np.pi * self.radius_m

    def pose(
        self, along_m: Float[np.ndarray, "frame"], aside_m: float = 0.0
    ) -> tuple[Float[np.ndarray, "frame 2"], Float[np.ndarray, "frame"]]:
        """Position and heading of a vehicle on the road, `aside_m` to the outside of its middle."""
        angle = along_m / self.radius_m
        out = (self.radius_m + aside_m) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return out, angle + np.pi / 2

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`along`: speed along the road over the full speed, clipped to [0, 1]."""
        (x, y), (vx, vy) = s["position"][:, :2].T, s["velocity"][:, :2].T
        return {"along": np.clip((x * vy - y * vx) / np.maximum(_radius(s), 1e-6) / FULL_SPEED_M_S, 0.0, 1.0)}

    def failed(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """More than 2 m from the middle of the road."""
        return np.abs(_radius(s) - self.radius_m) > HALF_WIDTH_M

    def info(self, s: Sensors, memory: Memory) -> dict[str, np.ndarray]:
        """The truth: `along_m` (from the start of the road, counter-clockwise), `aside_m` (from its middle, to the
        outside), `position_m` (2, in the world) and `heading_rad` (from x to y).
        """
        angle = np.arctan2(s["position"][:, 1], s["position"][:, 0]) % (2 * np.pi)
        return {**super().info(s, memory), "along_m": angle * self.radius_m, "aside_m": _radius(s) - self.radius_m}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """At rest anywhere along the road."""
        return {"qpos": poses(*self.pose(rng.uniform(0, self.length_m, n), self.aside_m))}


def _radius(s: Sensors) -> Float[np.ndarray, "env"]:
    x, y = s["position"][:, 0], s["position"][:, 1]
    return np.sqrt(x * x + y * y)


def world(options: RouteOptions) -> World:
    """The vehicle on the road, in a town of its own."""
    spec = MjSpec()
    spec.modelname = "route"
    outside = weather(options.light, options.season)
    radius_m = options.radius_m

    def beside(rng: np.random.Generator, near: float, far: float) -> tuple[float, float, float]:
        angle = rng.uniform(0, 2 * np.pi)
        radius = radius_m + rng.choice([-1, 1]) * rng.uniform(near, min(far, radius_m))
        return radius * np.cos(angle), radius * np.sin(angle), angle

    add_sky_and_ground(spec, outside)
    add_town(spec, np.random.default_rng(options.scene), outside, beside)
    add_vehicle(spec, eye_height_m=options.eye_height_m, eye_yaw_rad=options.eye_yaw_rad)
    return World(spec, Route(radius_m, options.aside_m))
