"""What all tasks of the vehicle share: odometry as the observation, and the truth of where it is in `info`."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError
from innervate.signals import Channel

from ...memory import Memory
from ...scenery.weather import Light, Season, weather
from ...sensors import Sensors
from ...task import Task


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


CONTROL_STEP_S = 0.1


class Drive(Task):
    """A vehicle that feels its wheels and its turning, and sees through `render()`.

    ## Body
    The vehicle has 9 kg, two driven wheels (radius 0.1 m, 0.44 m apart) and a castor. In its own frame forward is +x,
    left is +y, up is +z. What the camera on its mast sees is `render()`, which needs OpenGL; nothing else here does.

    ## Action Space
    One motor a wheel. Damping of 0.2 N m s ends the acceleration at 1 m/s.

    ## Observation Space
    Odometry, which drifts.
    """

    control_step_s = CONTROL_STEP_S
    channels: tuple[Channel, ...] = (
        Channel(
            "wheel_speed", 2, "rad/s", None, "left, right; positive drives forwards",
            ("left wheel, forwards", "right wheel, forwards"), ("wheel_speed/left", "wheel_speed/right"),
        ),
        Channel(
            "turn_rate", 1, "rad/s", None, "about the vertical; positive turns to the left",
            ("turning of the body, leftward",), ("turn_rate",),
        ),
    )  # fmt: skip

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Wheel speeds and turn rate."""
        return {"wheel_speed": s["wheel_speed"], "turn_rate": s["turn_rate"][:, 2:]}

    def info(self, s: Sensors, memory: Memory) -> dict[str, np.ndarray]:
        """The truth, not for a nervous system: `position_m` (2, in the world) and `heading_rad` (from x to y)."""
        ahead = s["ahead"]
        return {"position_m": s["position"][:, :2].copy(), "heading_rad": np.arctan2(ahead[:, 1], ahead[:, 0])}
