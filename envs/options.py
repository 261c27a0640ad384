"""What each registered environment can be asked for, as types; light to import."""

import math
from dataclasses import dataclass, field

from innervate.errors import ConfigError

from .weather import Light, Season, weather


@dataclass(frozen=True, kw_only=True)
class SwimOptions:
    """Options of `innervate/Swim-v0`."""

    n_links: int = 6
    """Rigid links of the body, 3 to 20; it has one joint and one motor fewer."""


@dataclass(frozen=True, kw_only=True)
class NavigateOptions:
    """Options of `innervate/Navigate-v0`."""

    n_links: int = 6
    """Rigid links of the body, 3 to 20; it has one joint and one motor fewer."""


@dataclass(frozen=True, kw_only=True)
class Randomisation:
    """How each episode of each environment differs from the nominal body: domain randomisation.

    Ranges are `(low, high)`; a value is drawn uniformly from them when an episode begins, from the environment's own
    random generator. None leaves that property as the model has it.
    """

    mass: tuple[float, float] | None = None
    """Factor on the mass of each body (1), its inertia with it."""
    friction: tuple[float, float] | None = None
    """Factor on the contact friction of each geom (1): sliding, torsional and rolling alike."""
    damping: tuple[float, float] | None = None
    """Factor on the damping of each degree of freedom (1)."""
    gear: tuple[float, float] | None = None
    """Factor on the gear of each actuator (1)."""
    delay_s: tuple[float, float] | None = None
    """Age of what is observed, in seconds, to the nearest control step; rewards are not delayed."""
    noise: dict[str, float] = field(default_factory=dict[str, float])
    """Standard deviation of Gaussian noise on the numbers of a channel, by channel name, in the channel's unit."""

    def __post_init__(self) -> None:
        for name in ("mass", "friction", "damping", "gear", "delay_s"):
            bounds = getattr(self, name)
            if bounds is not None and not 0 <= bounds[0] <= bounds[1] < math.inf:
                raise ConfigError(f"The range of {name} must be 0 <= low <= high; {bounds} was given.")
        for name, deviation in self.noise.items():
            if not 0 <= deviation < math.inf:
                raise ConfigError(f"The noise on {name!r} must be a finite deviation of 0 or more; it is {deviation}.")
        if self.mass is not None and self.mass[0] == 0:
            raise ConfigError("A body cannot be without mass: the range of mass must begin above 0.")

    def bodies(self) -> bool:
        """Whether bodies vary, and not only their senses."""
        return any(bounds is not None for bounds in (self.mass, self.friction, self.damping, self.gear))


@dataclass(frozen=True, kw_only=True)
class DriveOptions:
    """What all worlds of the vehicle can be asked for."""

    scene: int = 0
    """Which houses and trees: the seed that they are drawn from."""
    light: Light = "day"
    """`day` or `dusk`."""
    season: Season = "summer"
    """`summer` or `winter`."""
    eye_height_m: float = 1.2
    """Height of the camera above the ground."""
    eye_yaw_rad: float = 0.0
    """How far the camera is turned to the left."""

    def __post_init__(self) -> None:
        weather(self.light, self.season)
        if self.scene < 0:
            raise ConfigError(f"The seed of a scene is 0 or more; it is {self.scene}.")
        if not 0.3 <= self.eye_height_m < 10:
            raise ConfigError(f"The camera is 0.3 to 10 m above the ground, not {self.eye_height_m} m.")
        if not math.isfinite(self.eye_yaw_rad):
            raise ConfigError(f"The camera must be turned by a finite angle; it is {self.eye_yaw_rad}.")


@dataclass(frozen=True, kw_only=True)
class RouteOptions(DriveOptions):
    """Options of `innervate/Route-v0`."""

    radius_m: float = 20.0
    """Of the middle of the road, at least 8."""
    aside_m: float = 0.0
    """How far to the outside of the middle it starts, less than 2 either way."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 8 <= self.radius_m < 60:
            raise ConfigError(f"The road's radius must be 8 to 60 m; it is {self.radius_m}.")
        if not abs(self.aside_m) < 2:
            raise ConfigError(f"It must start on the road, less than 2 m from its middle; aside_m is {self.aside_m}.")


@dataclass(frozen=True, kw_only=True)
class ArenaOptions(DriveOptions):
    """Options of `innervate/Arena-v0`."""

    side_m: float = 10.0
    """Of the square, at least 3."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 3 <= self.side_m <= 60:
            raise ConfigError(f"The side of the arena must be 3 to 60 m; it is {self.side_m}.")


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
