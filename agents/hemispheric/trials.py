"""What an arm is asked to do: where it starts, where it should be, and what pushes its hand."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError, NonFiniteError, UnknownNameError

from ...envs.bodies.arm import RANGE_RAD
from ..plants.plant import Plant

Task = Literal["reach", "hold"]


@dataclass(frozen=True)
class Trials:
    """Trials, one a row."""

    angle: Float[Tensor, "trial 2"]
    """Joint angles at the start, rad."""
    target: Float[Tensor, "trial 2"]
    """Where the hand should be, m."""
    force_n: Float[Tensor, "trial 2"]
    """On the hand, throughout, N."""

    def __len__(self) -> int:
        return self.angle.shape[0]

    def __post_init__(self) -> None:
        for name, values in (("start", self.angle), ("target", self.target), ("force", self.force_n)):
            if not values.isfinite().all():
                raise NonFiniteError(f"The {name} of a trial is not finite.")

    def rows(self, index: Tensor) -> "Trials":
        """Those of an index."""
        return Trials(self.angle[index], self.target[index], self.force_n[index])


def joined(trials: list[Trials]) -> Trials:
    """One after the other."""
    return Trials(*(torch.cat([getattr(t, name) for t in trials]) for name in ("angle", "target", "force_n")))


def draw(
    task: Task, rng: np.random.Generator, n: int, plant: Plant, *, margin: float = 0.0, force_n: float = 10.0
) -> Trials:
    """Random trials: postures uniform in joint space but for a `margin` (a share of the range) at each end.

    `reach`: to the hand's place in another posture. `hold`: against a force, uniform in [-force_n, force_n] along x
    and y.
    """
    if task not in ("reach", "hold"):
        raise UnknownNameError("task", task, ("reach", "hold"))
    if not 0 <= margin < 0.5 or not 0 <= force_n < np.inf:
        raise ConfigError(f"margin must lie in [0, 0.5) and force_n be finite; {margin} and {force_n} were given.")
    low, high = np.array(RANGE_RAD).T
    edge = margin * (high - low)

    def posture() -> Tensor:
        return torch.as_tensor(rng.uniform(low + edge, high - edge, (n, 2)), dtype=torch.float32)

    start = posture()
    if task == "reach":
        return Trials(start, plant.hand(posture()), torch.zeros(n, 2))
    force = torch.as_tensor(rng.uniform(-force_n, force_n, (n, 2)), dtype=torch.float32)
    return Trials(start, plant.hand(start), force)
