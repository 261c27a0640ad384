"""The same vehicle, feeling walls by rays, forages between two hidden feeders that fill in turn.

A room in which a vehicle that feels the walls by rays forages, and alternates between two hidden feeders.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..bodies.vehicle import FULL_SPEED_M_S, add_vehicle, poses
from ..inputs import Given
from ..memory import Memory
from ..scenery.rays import add_rays
from ..scenery.town import add_checkered, add_sky_and_ground
from ..scenery.walls import add_square
from ..scenery.weather import weather
from ..sensors import Sensors
from ..term import Term
from ..world import World
from ._shared.drive import Drive

EPISODE_STEPS = 300
EXAMPLES = ({"feeders": 1, "rays": 8},)


@dataclass(frozen=True, kw_only=True)
class RoamOptions:
    """Options of `innervate/Roam-v0`."""

    feeders: int = 2
    """2 that fill in turn, or 1, at the side of positive x, that stays full."""
    cue: bool = True
    """Whether the side of the full feeder is observed."""
    rays: int = 16
    """Range finders, evenly around the vehicle, 4 to 64."""

    def __post_init__(self) -> None:
        if self.feeders not in (1, 2):
            raise ConfigError(f"The room has 1 or 2 feeders; feeders={self.feeders} was asked for.")
        if not 4 <= self.rays <= 64:
            raise ConfigError(f"The vehicle has 4 to 64 rays; rays={self.rays} was asked for.")


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

    The vehicle of `innervate/Route-v0` in a room of 5 x 5 m with a wall of 1.4 m across its middle. It feels the walls
    by rays, knows its heading as a compass does, and feels its wheels; where it is it can only tell from these. Two
    feeders, discs of radius 0.4 m that cannot be seen, lie 1.7 m to either side of the middle. One of them is full;
    reaching it is paid, and fills the other: the embodied form of an alternating T-maze. `cue` tells which is full, as
    the food's taste would; without it the way that it came from must be remembered. With one feeder, which never
    empties, this is foraging for a hidden place. Positions are from the middle of the room.

    ## Observation Space
    That of `innervate/Route-v0`, a compass, the rays from ahead counter-clockwise, evenly apart, and the cue.

    ## Starting State
    At rest on either side of the wall, at least 0.7 m from all walls, headed anywhere; either feeder is full.
    """

    terms = (
        Term("fed", "10 with the middle of the vehicle on the full feeder", 0.0, FOOD),
        Term("approach", "speed towards it over 1 m/s, clipped", -1.0, 1.0),
    )

    def __init__(self, options: RoamOptions) -> None:
        self.options = options
        side = "side of the full feeder: its x in the room"
        cue = Channel("cue", 1, "m", None, side, ("side of the full feeder (x)",), ("full_feeder",))
        self.channels = (
            *Drive.channels,
            Channel(
                "compass", 2, "1", None, "cosine and sine of the heading in the room",
                ("heading, its cosine", "heading, its sine"), ("ahead",),
            ),
            Channel(
                "ray", options.rays, "m", None, "free way, from ahead counter-clockwise",
                tuple(f"free way {_direction(360 * k / options.rays)}" for k in range(options.rays)),
                tuple(f"ray/{k:02}" for k in range(options.rays)),
            ),
            *((cue,) if options.cue else ()),
        )  # fmt: skip

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

    def drive(self, s: Sensors, action: Float[np.ndarray, "env actuator"], memory: Memory) -> dict[str, Given]:
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


def _direction(degrees: float) -> str:
    known = {0.0: "ahead", 90.0: "to the left", 180.0: "behind", 270.0: "to the right"}
    return known.get(degrees, f"at {degrees:g} degrees")


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
