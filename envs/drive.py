"""What all tasks of the vehicle share: odometry as the observation, and the truth of where it is in `info`."""

import numpy as np
from jaxtyping import Float

from .channel import Channel
from .sensors import Sensors
from .task import Task

CONTROL_STEP_S = 0.1


class Drive(Task):
    """A vehicle that feels its wheels and its turning, and sees through `render()`."""

    control_step_s = CONTROL_STEP_S
    channels: tuple[Channel, ...] = (
        Channel("wheel_speed", 2, "rad/s", None, "left, right; positive drives forwards"),
        Channel("turn_rate", 1, "rad/s", None, "about the vertical; positive turns to the left"),
    )

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Wheel speeds and turn rate."""
        return {"wheel_speed": s["wheel_speed"], "turn_rate": s["turn_rate"][:, 2:]}

    def info(self, s: Sensors) -> dict[str, np.ndarray]:
        """`position_m` (2, in the world) and `heading_rad` (from x to y): the truth, not for a nervous system."""
        ahead = s["ahead"]
        return {"position_m": s["position"][:, :2].copy(), "heading_rad": np.arctan2(ahead[:, 1], ahead[:, 0])}
