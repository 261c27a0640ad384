"""What a task is: pure NumPy functions over the sensors of many environments."""

import inspect
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from innervate.signals import Channel

from .inputs import Given
from .memory import Memory
from .prose import Made
from .randomisation import Randomisation
from .scenery.weather import Weather
from .sensors import Sensors
from .term import Term

__all__ = ["MANUAL", "Task", "info_of"]

MANUAL = "_manual"
"""Attribute of a task that is in an environment: what makes its docstring."""


class Task(ABC):
    """What a body perceives, what it is paid for, and how its episodes begin and end.

    A subclass's docstring is prose: a summary, a description, and what there is to say in words under
    `## Action Space`, `## Observation Space`, `## Rewards`, `## Starting State` and `## Body`, which its subclasses
    share. The tables are made, see `manual`: `help(env.unwrapped.task)` shows the whole.

    Every function is over a leading environment axis and must treat each row by itself (no mean over
    environments, no state on `self`): the same code then runs one environment and thousands, bit for bit alike.
    """

    control_step_s: float
    """Time between two actions; a whole multiple of the model's timestep."""
    channels: tuple[Channel, ...]
    """The observation, part by part, in the order in which it is laid out flat."""
    terms: tuple[Term, ...] = ()
    """What each term of the reward means."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        setattr(cls, "__doc__", Made(vars(cls).get("__doc__"), _told))  # noqa: B010  (a docstring that is no text)

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

    def drive(self, s: Sensors, action: Float[np.ndarray, "env actuator"], memory: Memory) -> dict[str, Given]:
        """What happens to the body during the coming control step beside the action: forces, noise on the muscles.

        Values, `(env, ...)`, by the name of the MuJoCo input (`ctrl`, `xfrc_applied`, `qfrc_applied`, `mocap_pos`, ...)
        or of the state (`qpos`, `qvel`, `act`, and `userdata`, the memory itself); `OnlyRows` leaves environments
        alone, so that one body can be moved within its episode and no other. `s` are the readings that the action was
        chosen on, taken before anything is moved; `memory` is what `begin` put into `userdata`, and `memory.step` the
        control steps since then.
        """
        return {}

    def weather(self, s: Sensors) -> list[Weather] | None:
        """In what weather each environment is seen; None for the one that its world was built in, throughout."""
        return None

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

    def info(self, s: Sensors, memory: Memory) -> dict[str, np.ndarray]:
        """Further arrays, `(env, ...)`, for `info`; computed each step, so keep them few.

        `memory` is what `begin` put into `userdata`; `memory.step` is 1 after the first control step.
        """
        return {}


def info_of(task: Task) -> Callable[[Sensors, Memory], dict[str, np.ndarray]]:
    """`task.info`, also of a task written when it did not see the memory; such a one is warned of."""
    takes: Any = inspect.signature(task.info).parameters.values()
    if len(takes) > 1 or any(p.kind is p.VAR_POSITIONAL for p in takes):
        return task.info
    old: Any = task.info
    warnings.warn(
        f"{type(task).__name__}.info(s) is called without the memory of the episode, as long as it takes none; write "
        "info(self, s, memory).", DeprecationWarning, stacklevel=2,
    )  # fmt: skip

    def without_memory(s: Sensors, memory: Memory) -> dict[str, np.ndarray]:
        del memory
        return old(s)

    return without_memory


def _told(task: Task) -> str | None:
    manual = getattr(task, MANUAL, None)
    return None if manual is None else manual.of(task)
