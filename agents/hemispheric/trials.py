"""What an arm is asked to do: where it starts, where it should be, and what pushes its hand."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError, NonFiniteError, UnknownNameError

from ...envs.bodies.arm import RANGE_RAD
from ...envs.tasks._shared.arm import CENTRAL_RAD
from ...envs.tasks.reach import DIRECTIONS
from ..twins.plant import Plant

Task = Literal["reach", "hold", "centre-out"]


@dataclass(frozen=True)
class Trials:
    """Trials, one a row."""

    angle: Float[Tensor, "trial 2"]
    """Joint angles at the start, rad."""
    target: Float[Tensor, "trial 2"]
    """Where the hand should be, m."""
    force_n: Float[Tensor, "trial 2"]
    """On the hand, throughout, N."""
    cue_s: Float[Tensor, "trial"]
    """When the target is shown; until then the hand's own place is."""

    def __len__(self) -> int:
        return self.angle.shape[0]

    def __post_init__(self) -> None:
        parts = {"start": self.angle, "target": self.target, "force": self.force_n, "cue": self.cue_s}
        for name, values in parts.items():
            if not values.isfinite().all():
                raise NonFiniteError(f"The {name} of a trial is not finite.")

    def rows(self, index: Tensor) -> "Trials":
        """Those of an index."""
        return Trials(self.angle[index], self.target[index], self.force_n[index], self.cue_s[index])


def joined(trials: list[Trials]) -> Trials:
    """One after the other."""
    return Trials(*(torch.cat([getattr(t, name) for t in trials]) for name in ("angle", "target", "force_n", "cue_s")))


def draw(
    task: Task,
    rng: np.random.Generator,
    n: int,
    plant: Plant,
    *,
    margin: float = 0.0,
    force_n: float = 10.0,
    cue_s: tuple[float, float] = (0.0, 0.0),
    reach_m: float = 0.1,
) -> Trials:
    """Random trials: postures uniform in joint space but for a `margin` (a share of the range) at each end.

    `reach`: to the hand's place in another posture. `hold`: against a force, uniform in [-force_n, force_n] along x
    and y. `centre-out`: from the central posture to `reach_m` away in one of eight directions, as the environments'
    option of that name.
    """
    if task not in get_args(Task):
        raise UnknownNameError("task", task, get_args(Task))
    if not 0 <= margin < 0.5 or not 0 <= force_n < np.inf or not 0 <= cue_s[0] <= cue_s[1] < np.inf:
        raise ConfigError(
            "margin must lie in [0, 0.5), force_n and cue_s be finite and not negative, the earliest cue first; "
            f"{margin}, {force_n} and {cue_s} were given."
        )
    low, high = np.array(RANGE_RAD).T
    edge = margin * (high - low)

    def posture() -> Tensor:
        return torch.as_tensor(rng.uniform(low + edge, high - edge, (n, 2)), dtype=torch.float32)

    start = torch.tensor(CENTRAL_RAD).expand(n, 2) if task == "centre-out" else posture()
    if task == "reach":
        target, force = plant.hand(posture()), torch.zeros(n, 2)
    elif task == "centre-out":
        angle = torch.as_tensor(rng.integers(DIRECTIONS, size=n) * (2 * np.pi / DIRECTIONS), dtype=torch.float32)
        target = plant.hand(start) + reach_m * torch.stack([angle.cos(), angle.sin()], dim=-1)
        force = torch.zeros(n, 2)
    else:
        target = plant.hand(start)
        force = torch.as_tensor(rng.uniform(-force_n, force_n, (n, 2)), dtype=torch.float32)
    cue = torch.as_tensor(rng.uniform(*cue_s, n), dtype=torch.float32) if cue_s[1] else torch.zeros(n)
    return Trials(start, target, force, cue)
