"""What a task is: pure NumPy functions over the sensors of many environments."""

from abc import ABC, abstractmethod

import numpy as np
from jaxtyping import Bool, Float

from .channel import Channel
from .options import Randomisation
from .sensors import Sensors


class Task(ABC):
    """What a body perceives, what it is paid for, and how its episodes begin and end.

    Every function is over a leading environment axis and must treat each row by itself (no mean over
    environments, no state on `self`): the same code then runs one environment and thousands, bit for bit alike.
    """

    control_step_s: float
    """Time between two actions; a whole multiple of the model's timestep."""
    channels: tuple[Channel, ...]
    """The observation, part by part, in the order in which it is laid out flat."""

    @abstractmethod
    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """The value of each channel, by channel name."""

    @abstractmethod
    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """Named terms; the reward is their sum, and each goes into `info` as `reward/<name>`.

        `action` is what was applied during the control step, in the order of the actuators.
        """

    @abstractmethod
    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """Initial states of `n` episodes, by the name of the MuJoCo state field (`qpos`, `qvel`, `mocap_pos`, ...).

        Fields that are not given start as the model's defaults; `qvel` thus at rest. All randomness comes from `rng`.
        """

    def drive(
        self, s: Sensors, action: Float[np.ndarray, "env actuator"], memory: Float[np.ndarray, "env userdata"]
    ) -> dict[str, Float[np.ndarray, "env ..."]]:
        """What happens to the body during the coming control step beside the action: forces, noise on the muscles.

        Values by the name of the MuJoCo input (`ctrl`, `xfrc_applied`, `qfrc_applied`, `mocap_pos`, ...). `s` are the
        readings that the action was chosen on, `memory` is what `begin` put into `userdata`.
        """
        return {}

    @property
    def senses(self) -> Randomisation | None:
        """How the senses are imperfect where the environment is not asked for anything else."""
        return None

    def failed(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """Which episodes end here by failure or success (termination). Time limits are not the task's: truncation."""
        return np.zeros(len(s), bool)

    def success(self, s: Sensors) -> Bool[np.ndarray, "env"] | None:
        """Whether the goal is reached at this instant, physically; None (and no `info["success"]`) without a goal."""
        return None

    def info(self, s: Sensors) -> dict[str, np.ndarray]:
        """Further arrays, `(env, ...)`, for `info`; computed each step, so keep them few."""
        return {}
