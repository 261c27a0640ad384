"""A road that closes upon itself: the route that place recognition is tried on."""

import numpy as np
from jaxtyping import Bool, Float
from mujoco import MjSpec

from .bodies.town import add_sky_and_ground, add_town
from .bodies.vehicle import FULL_SPEED_M_S, add_vehicle, poses
from .drive import Drive
from .options import RouteOptions
from .sensors import Sensors
from .weather import weather
from .world import World

HALF_WIDTH_M = 2.0
"""Of the road: further from its middle line the vehicle is off it."""


class Route(Drive):
    """Drive along a ring road, seeing houses and trees.

    ## Description
    A vehicle of 9 kg on two driven wheels (radius 0.1 m, 0.44 m apart) and a castor drives along a ring road between
    houses and trees, which are drawn from the seed `scene` and are the same in every light and season. It feels its
    wheels and its turning; where it is it can only tell by sight: `render()` is what the camera on its mast sees, and
    needs OpenGL, which nothing else here does. Physics runs at 5 ms; a control step is 0.1 s, 20 substeps. In the
    vehicle's own frame forward is +x, left is +y, up is +z. `info` has the truth: `along_m` (from the start of the
    road, counter-clockwise), `aside_m` (from its middle, to the outside), `position_m` and `heading_rad`.

    ## Action Space
    `Box(-1, 1, (2,), float32)`: one motor a wheel. Damping of 0.2 N m s ends the acceleration at 1 m/s.

    | Num | Action             | Control Min | Control Max | Name (in the model) | Joint       | Type (Unit) |
    |-----|--------------------|-------------|-------------|---------------------|-------------|-------------|
    | 0   | Torque, over 2 N m | -1          | 1           | motor_left          | wheel_left  | torque (1)  |
    | 1   | Torque, over 2 N m | -1          | 1           | motor_right         | wheel_right | torque (1)  |

    ## Observation Space
    `Box(-Inf, Inf, (3,), float32)`: odometry, which drifts.

    | Num | Observation                   | Min  | Max | Sensor (in the model) | Channel     | Type (Unit)           |
    |-----|-------------------------------|------|-----|-----------------------|-------------|-----------------------|
    | 0   | left wheel, forwards          | -Inf | Inf | wheel_speed/left      | wheel_speed | angular speed (rad/s) |
    | 1   | right wheel, forwards         | -Inf | Inf | wheel_speed/right     | wheel_speed | angular speed (rad/s) |
    | 2   | turning of the body, leftward | -Inf | Inf | turn_rate             | turn_rate   | turn rate (rad/s)     |

    ## Rewards
    | Term    | Min | Max | Definition                                                                             |
    |---------|-----|-----|----------------------------------------------------------------------------------------|
    | `along` | 0   | 1   | speed along the road, counter-clockwise, over 1 m/s, clipped; `reward/along`           |

    ## Starting State
    Anywhere along the road, drawn uniformly, `aside_m` to the outside of its middle, headed along it, at rest.

    ## Episode End
    ### Termination
    More than 2 m from the middle of the road, or a body that explodes (`info["exploded"]`).

    ### Truncation
    After 2000 control steps (200 s).

    ## Arguments
    | Parameter      | Type      | Default  | Description                                                            |
    |----------------|-----------|----------|------------------------------------------------------------------------|
    | `scene`        | **int**   | `0`      | Which houses and trees: the seed that they are drawn from              |
    | `light`        | **str**   | `day`    | `day` or `dusk`                                                        |
    | `season`       | **str**   | `summer` | `summer` or `winter`                                                   |
    | `eye_height_m` | **float** | `1.2`    | Height of the camera above the ground                                  |
    | `eye_yaw_rad`  | **float** | `0.0`    | How far the camera is turned to the left                               |
    | `radius_m`     | **float** | `20.0`   | Of the middle of the road, at least 8                                  |
    | `aside_m`      | **float** | `0.0`    | How far to the outside of the middle it starts, less than 2 either way |

    ## Version History
    * v0: Initial version.
    """

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
        """Off the road."""
        return np.abs(_radius(s) - self.radius_m) > HALF_WIDTH_M

    def info(self, s: Sensors) -> dict[str, np.ndarray]:
        """As for every drive, then `along_m` and `aside_m`."""
        angle = np.arctan2(s["position"][:, 1], s["position"][:, 0]) % (2 * np.pi)
        return {**super().info(s), "along_m": angle * self.radius_m, "aside_m": _radius(s) - self.radius_m}

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
