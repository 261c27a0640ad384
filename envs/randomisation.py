"""What each registered environment can be asked for, as types; light to import."""

import math
from dataclasses import dataclass, field

from innervate.configurations import value_class
from innervate.errors import ConfigError

__all__ = ["Randomisation"]


@value_class
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
