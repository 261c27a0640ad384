"""A walled square in a town: the arena in which place fields are looked for."""

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from .bodies.town import add_checkered, add_sky_and_ground, add_town
from .bodies.vehicle import add_vehicle, poses
from .bodies.walls import add_square
from .channel import Channel
from .drive import Drive
from .options import ArenaOptions
from .sensors import Sensors
from .weather import weather
from .world import World

GOAL_RADIUS_M = 0.4
MARGIN_M = 1.0
"""How far from the walls episodes begin and goals lie."""
REWARD_AT_M = 2.0
"""Distance from the goal's edge at which the reward has fallen to a tenth."""
WALL_HEIGHT_M = 0.3


class Arena(Drive):
    """Drive to a place in a walled square that nothing marks.

    ## Description
    The vehicle of `innervate/Route-v0` in a square of `side_m` with low walls, around which stand houses and trees,
    drawn from the seed `scene` and the same in every light and season. The goal is a disc on the ground of radius
    0.4 m that cannot be seen; `info["success"]` says whether the vehicle is on it. `render()` is what the camera on
    the mast sees, and needs OpenGL, which nothing else here does. Physics runs at 5 ms; a control step is 0.1 s, 20
    substeps. In the vehicle's own frame forward is +x, left is +y, up is +z. `info` has the truth: `position_m` from
    the middle of the square and `heading_rad`.

    ## Action Space
    `Box(-1, 1, (2,), float32)`: one motor a wheel. Damping of 0.2 N m s ends the acceleration at 1 m/s.

    | Num | Action             | Control Min | Control Max | Name (in the model) | Joint       | Type (Unit) |
    |-----|--------------------|-------------|-------------|---------------------|-------------|-------------|
    | 0   | Torque, over 2 N m | -1          | 1           | motor_left          | wheel_left  | torque (1)  |
    | 1   | Torque, over 2 N m | -1          | 1           | motor_right         | wheel_right | torque (1)  |

    ## Observation Space
    `Box(-Inf, Inf, (5,), float32)`: that of `innervate/Route-v0`, then the way to the goal in the vehicle's frame.

    | Num | Observation                   | Min  | Max | Sensor (in the model) | Channel     | Type (Unit)           |
    |-----|-------------------------------|------|-----|-----------------------|-------------|-----------------------|
    | 0   | left wheel, forwards          | -Inf | Inf | wheel_speed/left      | wheel_speed | angular speed (rad/s) |
    | 1   | right wheel, forwards         | -Inf | Inf | wheel_speed/right     | wheel_speed | angular speed (rad/s) |
    | 2   | turning of the body, leftward | -Inf | Inf | turn_rate             | turn_rate   | turn rate (rad/s)     |
    | 3   | goal, ahead (+x)              | -Inf | Inf | to_goal               | to_goal     | length (m)            |
    | 4   | goal, to the left (+y)        | -Inf | Inf | to_goal               | to_goal     | length (m)            |

    ## Rewards
    | Term   | Min | Max | Definition                                                                             |
    |--------|-----|-----|----------------------------------------------------------------------------------------|
    | `near` | 0   | 1   | 1 on the goal, 0.1 at 2 m from its edge; `reward/near`                                 |

    ## Starting State
    Anywhere at least 1 m from the walls, headed anywhere, at rest; the goal likewise, wherever the vehicle is.

    ## Episode End
    ### Termination
    Never, but for a body that explodes (`info["exploded"]`).

    ### Truncation
    After 1000 control steps (100 s).

    ## Arguments
    | Parameter      | Type      | Default  | Description                                               |
    |----------------|-----------|----------|-----------------------------------------------------------|
    | `scene`        | **int**   | `0`      | Which houses and trees: the seed that they are drawn from |
    | `light`        | **str**   | `day`    | `day` or `dusk`                                           |
    | `season`       | **str**   | `summer` | `summer` or `winter`                                      |
    | `eye_height_m` | **float** | `1.2`    | Height of the camera above the ground                     |
    | `eye_yaw_rad`  | **float** | `0.0`    | How far the camera is turned to the left                  |
    | `side_m`       | **float** | `10.0`   | Of the square, at least 3                                 |

    ## Version History
    * v0: Initial version.
    """

    channels = (
        *Drive.channels,
        Channel("to_goal", 2, "m", None, "vehicle to goal, along its own x (ahead) and y (left)"),
    )

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
