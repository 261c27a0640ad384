"""A room in which a vehicle that feels the walls by rays forages, and alternates between two hidden feeders."""

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from .bodies.rays import add_rays
from .bodies.town import add_checkered, add_sky_and_ground
from .bodies.vehicle import FULL_SPEED_M_S, add_vehicle, poses
from .bodies.walls import add_square
from .channel import Channel
from .drive import Drive
from .options import RoamOptions
from .sensors import Sensors
from .weather import weather
from .world import World

SIDE_M = 5.0
WALL_HEIGHT_M = 0.6
PARTITION_M = 1.4
"""Length of the wall between the feeders, across the straight way."""
FEEDERS_M = ((1.7, 0.0), (-1.7, 0.0))
FEEDER_RADIUS_M = 0.4
FOOD = 10.0
RAY_HEIGHT_M = 0.3


class Roam(Drive):
    """Find the food that nothing marks, now on one side of a room and now on the other.

    ## Description
    The vehicle of `innervate/Route-v0` in a room of 5 x 5 m with a wall of 1.4 m across its middle. It feels the walls
    by 16 rays, knows its heading as a compass does, and feels its wheels; where it is it can only tell from these. Two
    feeders, discs of radius 0.4 m that cannot be seen, lie 1.7 m to either side of the middle. One of them is full;
    reaching it is paid, and fills the other: the embodied form of an alternating T-maze. `cue` tells which is full, as
    the food's taste would; without it the way that it came from must be remembered. With one feeder, which never
    empties, this is foraging for a hidden place. Physics runs at 5 ms; a control step is 0.1 s, 20 substeps. In the
    vehicle's own frame forward is +x, left is +y, up is +z. `info["success"]`: on the full feeder. `info` has the
    truth: `position_m` from the middle of the room and `heading_rad`.

    ## Action Space
    `Box(-1, 1, (2,), float32)`: one motor a wheel. Damping of 0.2 N m s ends the acceleration at 1 m/s.

    | Num | Action             | Control Min | Control Max | Name (in the model) | Joint       | Type (Unit) |
    |-----|--------------------|-------------|-------------|---------------------|-------------|-------------|
    | 0   | Torque, over 2 N m | -1          | 1           | motor_left          | wheel_left  | torque (1)  |
    | 1   | Torque, over 2 N m | -1          | 1           | motor_right         | wheel_right | torque (1)  |

    ## Observation Space
    `Box(-Inf, Inf, (22,), float32)` for 16 rays: that of `innervate/Route-v0`, a compass, the rays from ahead
    counter-clockwise, 22.5 degrees apart, and the cue.

    | Num | Observation                   | Min  | Max | Sensor (in the model) | Channel     | Type (Unit)           |
    |-----|-------------------------------|------|-----|-----------------------|-------------|-----------------------|
    | 0   | left wheel, forwards          | -Inf | Inf | wheel_speed/left      | wheel_speed | angular speed (rad/s) |
    | 1   | right wheel, forwards         | -Inf | Inf | wheel_speed/right     | wheel_speed | angular speed (rad/s) |
    | 2   | turning of the body, leftward | -Inf | Inf | turn_rate             | turn_rate   | turn rate (rad/s)     |
    | 3   | heading, its cosine           | -Inf | Inf | ahead                 | compass     | direction (1)         |
    | 4   | heading, its sine             | -Inf | Inf | ahead                 | compass     | direction (1)         |
    | 5   | free way ahead                | -Inf | Inf | ray/00                | ray         | length (m)            |
    | 6   | free way at 22.5 degrees      | -Inf | Inf | ray/01                | ray         | length (m)            |
    | 7   | free way at 45 degrees        | -Inf | Inf | ray/02                | ray         | length (m)            |
    | 8   | free way at 67.5 degrees      | -Inf | Inf | ray/03                | ray         | length (m)            |
    | 9   | free way to the left          | -Inf | Inf | ray/04                | ray         | length (m)            |
    | 10  | free way at 112.5 degrees     | -Inf | Inf | ray/05                | ray         | length (m)            |
    | 11  | free way at 135 degrees       | -Inf | Inf | ray/06                | ray         | length (m)            |
    | 12  | free way at 157.5 degrees     | -Inf | Inf | ray/07                | ray         | length (m)            |
    | 13  | free way behind               | -Inf | Inf | ray/08                | ray         | length (m)            |
    | 14  | free way at 202.5 degrees     | -Inf | Inf | ray/09                | ray         | length (m)            |
    | 15  | free way at 225 degrees       | -Inf | Inf | ray/10                | ray         | length (m)            |
    | 16  | free way at 247.5 degrees     | -Inf | Inf | ray/11                | ray         | length (m)            |
    | 17  | free way to the right         | -Inf | Inf | ray/12                | ray         | length (m)            |
    | 18  | free way at 292.5 degrees     | -Inf | Inf | ray/13                | ray         | length (m)            |
    | 19  | free way at 315 degrees       | -Inf | Inf | ray/14                | ray         | length (m)            |
    | 20  | free way at 337.5 degrees     | -Inf | Inf | ray/15                | ray         | length (m)            |
    | 21  | side of the full feeder (x)   | -Inf | Inf | full_feeder           | cue         | length (m)            |

    ## Rewards
    | Term       | Min  | Max | Definition                                                                         |
    |------------|------|-----|------------------------------------------------------------------------------------|
    | `fed`      | 0    | 10  | 10 with the middle of the vehicle on the full feeder; `reward/fed`                 |
    | `approach` | -1   | 1   | speed towards it over 1 m/s, clipped; `reward/approach`                            |

    ## Starting State
    At rest on either side of the wall, at least 0.7 m from all walls, headed anywhere; either feeder is full.

    ## Episode End
    ### Termination
    Never, but for a body that explodes (`info["exploded"]`).

    ### Truncation
    After 300 control steps (30 s).

    ## Arguments
    | Parameter | Type     | Default | Description                                                             |
    |-----------|----------|---------|-------------------------------------------------------------------------|
    | `feeders` | **int**  | `2`     | 2 that fill in turn, or 1, at the side of positive x, that stays full   |
    | `cue`     | **bool** | `True`  | Whether the side of the full feeder is observed                         |
    | `rays`    | **int**  | `16`    | Range finders, evenly around the vehicle, 4 to 64                       |

    ## Version History
    * v0: Initial version.
    """

    def __init__(self, options: RoamOptions) -> None:
        self.options = options
        cue = (Channel("cue", 1, "m", None, "side of the full feeder: its x in the room"),)
        self.channels = (
            *Drive.channels,
            Channel("compass", 2, "1", None, "cosine and sine of the heading in the room"),
            Channel("ray", options.rays, "m", None, "free way, from ahead counter-clockwise"),
            *(cue if options.cue else ()),
        )

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """As for every drive, then compass, rays and cue."""
        cue = {"cue": s["full_feeder"][:, :1]} if self.options.cue else {}
        return {**super().observe(s), "compass": s["ahead"][:, :2], "ray": s["ray"], **cue}

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`fed` on the full feeder; `approach`, the speed towards it."""
        way, distance = _way(s)
        speed = (way * s["velocity"][:, :2]).sum(axis=1) / np.maximum(distance, 1e-6)
        return {
            "fed": FOOD * (distance <= FEEDER_RADIUS_M),
            "approach": np.clip(speed / FULL_SPEED_M_S, -1.0, 1.0),
        }

    def drive(
        self, s: Sensors, action: Float[np.ndarray, "env actuator"], memory: Float[np.ndarray, "env userdata"]
    ) -> dict[str, Float[np.ndarray, "env ..."]]:
        """A feeder that has been reached is empty, and the other one fills."""
        full = s["full_feeder"]
        eaten = (_way(s)[1] <= FEEDER_RADIUS_M)[:, None] & (self.options.feeders > 1)
        return {"mocap_pos": np.where(eaten, -full, full)[:, None]}

    def success(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """On the full feeder."""
        return _way(s)[1] <= FEEDER_RADIUS_M

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """At rest, away from the walls; either feeder is full."""
        reach = SIDE_M / 2 - 0.7
        position = np.stack([rng.uniform(0.7, reach, n) * rng.choice([-1.0, 1.0], n), rng.uniform(-reach, reach, n)], 1)
        which = rng.integers(self.options.feeders, size=n)
        full = np.zeros((n, 1, 3))
        full[:, 0, :2] = np.array(FEEDERS_M)[which]
        return {"qpos": poses(position, rng.uniform(-np.pi, np.pi, n)), "mocap_pos": full}


def _way(s: Sensors) -> tuple[Float[np.ndarray, "env 2"], Float[np.ndarray, "env"]]:
    """From the vehicle to the full feeder, and how far that is (m)."""
    way = s["full_feeder"][:, :2] - s["position"][:, :2]
    return way, np.sqrt((way * way).sum(axis=1))


def world(options: RoamOptions) -> World:
    """The vehicle with its rays, the room, and the feeder that is full."""
    spec = mujoco.MjSpec()
    spec.modelname = "roam"
    rng = np.random.default_rng(0)
    add_sky_and_ground(spec, weather("day", "summer"))
    add_square(spec, SIDE_M, WALL_HEIGHT_M, lambda name: add_checkered(spec, rng, name))
    spec.worldbody.add_geom(
        name="partition", type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.05, PARTITION_M / 2, WALL_HEIGHT_M / 2],
        pos=[0, 0, WALL_HEIGHT_M / 2], material=add_checkered(spec, rng, "partition"),
    )  # fmt: skip
    add_vehicle(spec, eye_height_m=1.2, eye_yaw_rad=0.0)
    add_rays(spec, "vehicle", options.rays, RAY_HEIGHT_M)
    spec.worldbody.add_body(name="full_feeder", mocap=True)
    spec.add_sensor(
        name="full_feeder", type=mujoco.mjtSensor.mjSENS_FRAMEPOS,
        objtype=mujoco.mjtObj.mjOBJ_XBODY, objname="full_feeder",
    )  # fmt: skip
    return World(spec, Roam(options))
