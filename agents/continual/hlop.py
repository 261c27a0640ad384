"""Hebbian orthogonal projection: lateral neurons learn by Oja's rule what earlier tasks' inputs span."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..keeper import Activity, Grads, Learned
from ._projection import Projection, check_shares, new_rows, orthonormal

LARGEST = 10.0
"""Size at which a change of lateral weights is clipped, as released."""


@dataclass(frozen=True, kw_only=True)
class HLOPConfig:
    """Xiao et al., ICLR 2024 (arXiv 2402.11984); equations, clipping, momentum and iterations as released.

    Lateral neurons y = L x learn by dL = mean y (x - L^T y)^T, Hebbian and anti-Hebbian; rows of earlier tasks stay.
    """

    first: float = 0.6
    """Rows for the first task, as a share of what a layer is given."""
    then: float = 0.08
    """Rows for each task after it, likewise."""
    most: float = 0.95
    """Share that rows may fill in all: in a full layer nothing could be learned any more."""
    orthonormalise: bool = True
    """Make rows orthonormal when a task ends (QR). Without it, as released, I - L^T L is no projector."""
    when: Literal["during", "after"] = "during"
    """Whether the rows learn beside the weights, as released, or from the samples at hand when a task ends."""
    learning_rate: float = 0.01
    momentum: float = 0.9
    iterations: int = 5
    """Of the rule on one batch."""
    batches: int = 300
    """Batches of 64 samples when rows learn after a task."""

    def build(self, model: nn.Module, rng: np.random.Generator) -> "HLOP":
        """New rows begin as random orthonormal ones from `rng`."""
        if min(self.iterations, self.batches) < 1 or not self.learning_rate > 0:
            raise ConfigError(f"HLOP needs iterations, batches and a learning rate above 0, got {self}.")
        check_shares("HLOP", self.first, self.then, self.most)
        if self.when not in ("during", "after"):
            raise ConfigError(f"HLOP's rows learn 'during' or 'after' a task, got when={self.when!r}.")
        return HLOP(model, self, rng)


class HLOP(Projection):
    """Remembers the rows, and those of the present task with their momentum. Full layers take no new ones."""

    def __init__(self, model: nn.Module, config: HLOPConfig, rng: np.random.Generator) -> None:
        super().__init__(model, "HLOP")
        self.config, self._rng, self.reads_activity = config, rng, config.when == "during"
        self.new: dict[str, Float[Tensor, "new input"]] = {}
        self.velocity: dict[str, Float[Tensor, "new input"]] = {}

    def begin_task(self, task: int) -> None:
        """New rows, orthonormal among themselves, and not to the old ones: as released."""
        super().begin_task(task)
        for name, rows in self.rows.items():
            inputs = rows.shape[1]
            share = self.config.first if task == 0 else self.config.then
            count = new_rows(share, inputs, len(rows), self.config.most)
            drawn = torch.from_numpy(self._rng.standard_normal((inputs, count)))
            self.new[name] = torch.linalg.qr(drawn)[0].T.float()
            self.velocity[name] = torch.zeros_like(self.new[name])

    def transform(self, grads: Grads, activity: Activity) -> Grads:
        """Without the part of earlier tasks' rows; the present task's rows learn from the activity."""
        for name, given in activity.items():
            if name in self.new:
                self._learn(name, given)
        return super().transform(grads, activity)

    def _learn(self, name: str, given: Float[Tensor, "row input"]) -> None:
        if not len(self.new[name]):
            return
        x = given / given.square().sum(1).mean().sqrt().clamp(min=1e-12)  # so that the rate is no matter of units
        for _ in range(self.config.iterations):
            y = x @ self.new[name].T
            left = x - y @ self.new[name] - (x @ self.rows[name].T) @ self.rows[name]
            change = (y.T @ left / len(x)).clamp(-LARGEST, LARGEST)
            self.velocity[name] = self.config.momentum * self.velocity[name] + change
            self.new[name] = self.new[name] + self.config.learning_rate * self.velocity[name]

    def end_task(self, learned: Learned) -> None:
        """Rows that learn afterwards do; then all rows are merged."""
        if self.config.when == "after":
            activity, count = learned.activity(learned.data), 64
            for _ in range(self.config.batches):
                for name in self.new:
                    rows = torch.from_numpy(self._rng.integers(len(activity[name]), size=count))
                    self._learn(name, activity[name][rows])
        for name, new in self.new.items():
            rows = self.rows[name]
            self.rows[name] = orthonormal(rows, new) if self.config.orthonormalise else torch.cat([rows, new])
        self.new, self.velocity = {}, {}

    def tensors(self) -> dict[str, Tensor]:
        """Rows of earlier tasks and of this one."""
        parts = {"new": self.new, "velocity": self.velocity}
        mine = {f"{part}.{name}": v.clone() for part, of in parts.items() for name, v in of.items()}
        return {**super().tensors(), **mine}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Both again."""
        super().load(tensors)
        for part, of in (("new", self.new), ("velocity", self.velocity)):
            found = {k.removeprefix(f"{part}."): v.clone() for k, v in tensors.items() if k.startswith(f"{part}.")}
            of.clear()
            of.update(found)
