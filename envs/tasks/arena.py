"""The same vehicle drives to a place in a walled square.

A walled square in a town: the arena in which place fields are looked for.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..bodies.vehicle import add_vehicle, poses
from ..scenery.town import add_checkered, add_sky_and_ground, add_town
from ..scenery.walls import add_square
from ..scenery.weather import weather
from ..sensors import Sensors
from ..term import Term
from ..world import World
from ._shared.drive import Drive, DriveOptions

EPISODE_STEPS = 1000
EXAMPLES = ({"light": "dusk", "side_m": 8.0},)


@dataclass(frozen=True, kw_only=True)
class ArenaOptions(DriveOptions):
    """Options of `innervate/Arena-v0`."""

    side_m: float = 10.0
    """Side of the square, at least 3."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 3 <= self.side_m <= 60:
            raise ConfigError(f"The side of the arena must be 3 to 60 m; it is {self.side_m}.")


GOAL_RADIUS_M = 0.4
MARGIN_M = 1.0
"""How far from the walls episodes begin and goals lie."""
REWARD_AT_M = 2.0
"""Distance from the goal's edge at which the reward has fallen to a tenth."""
WALL_HEIGHT_M = 0.3


class Arena(Drive):
    """Drive to a place in a walled square that nothing marks.

    The vehicle of `innervate/Route-v0` in a square of `side_m` with low walls, around which stand houses and trees,
    drawn from the seed `scene` and the same in every light and season. The goal is a disc on the ground of radius
    0.4 m that cannot be seen. Positions are from the middle of the square.

    ## Observation Space
    That of `innervate/Route-v0`, then the way to the goal in the vehicle's frame.

    ## Starting State
    Anywhere at least 1 m from the walls, headed anywhere, at rest; the goal likewise, wherever the vehicle is.
    """

    channels = (
        *Drive.channels,
        Channel(
            "to_goal", 2, "m", None, "vehicle to goal, along its own x (ahead) and y (left)",
            ("goal, ahead (+x)", "goal, to the left (+y)"), ("to_goal",),
        ),
    )  # fmt: skip
    terms = (Term("near", "1 on the goal, 0.1 at 2 m from its edge", 0.0, 1.0),)

    def __init__(self, side_m: float) -> None:
        self.side_m = side_m

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """As for every drive, then the way to the goal."""
        return {**super().observe(s), "to_goal": s["to_goal"][:, :2]}

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`near`: 1 on the goal, falling with distance."""
        outside = np.maximum(_distance_m(s) - GOAL_RADIUS_M, 0.0) / REWARD_AT_M
        return {"near": 1 / (1 + 9 * outside * outside)}

    def success(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """The middle of the vehicle is on the goal."""
        return _distance_m(s) <= GOAL_RADIUS_M

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """At rest anywhere, and the goal anywhere."""
        half = self.side_m / 2 - MARGIN_M
        goal = np.zeros((n, 1, 3))
        qpos = poses(rng.uniform(-half, half, (n, 2)), rng.uniform(-np.pi, np.pi, n))
        goal[:, 0, :2] = rng.uniform(-half, half, (n, 2))
        return {"qpos": qpos, "mocap_pos": goal}


def _distance_m(s: Sensors) -> Float[np.ndarray, "env"]:
    x, y = s["to_goal"][:, 0], s["to_goal"][:, 1]
    return np.sqrt(x * x + y * y)


def world(options: ArenaOptions) -> World:
    """The vehicle in the arena, and the town around it."""
    spec = mujoco.MjSpec()
    spec.modelname = "arena"
    outside, half = weather(options.light, options.season), options.side_m / 2
    rng = np.random.default_rng(options.scene)

    def around(rng: np.random.Generator, near: float, far: float) -> tuple[float, float, float]:
        angle = rng.uniform(0, 2 * np.pi)
        radius = half * np.sqrt(2) + rng.uniform(near, far)
        return radius * np.cos(angle), radius * np.sin(angle), angle

    add_sky_and_ground(spec, outside)
    add_town(spec, rng, outside, around)
    add_square(spec, options.side_m, WALL_HEIGHT_M, lambda name: add_checkered(spec, rng, name))
    add_vehicle(spec, eye_height_m=options.eye_height_m, eye_yaw_rad=options.eye_yaw_rad)
    spec.worldbody.add_body(name="goal", mocap=True)
    spec.add_sensor(
        name="to_goal", type=mujoco.mjtSensor.mjSENS_FRAMEPOS,
        objtype=mujoco.mjtObj.mjOBJ_XBODY, objname="goal",
        reftype=mujoco.mjtObj.mjOBJ_SITE, refname="vehicle",
    )  # fmt: skip
    return World(spec, Arena(options.side_m))
