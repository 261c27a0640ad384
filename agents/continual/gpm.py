"""Gradient projection memory: the exact subspace of what each layer was given, by singular vectors."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ..keeper import Learned
from ._projection import Projection, check_shares, new_rows, orthonormal


@dataclass(frozen=True, kw_only=True)
class GPMConfig:
    """Saha, Garg and Roy 2021 (arXiv 2103.09762): updates are orthogonal to what earlier tasks' inputs span."""

    energy: float = 0.999
    """Share of the squared inputs of a task that its rows, with all earlier ones, keep."""
    shares: tuple[float, float] | None = None
    """Instead: new rows for the first task and for each after it, as shares of what a layer is given (as of `hlop`)."""
    most: float = 1.0
    """Share that rows may fill in all."""

    def build(self, model: nn.Module, rng: np.random.Generator) -> "GPM":
        """It draws nothing."""
        del rng
        check_shares("GPM", self.energy, self.most, *(self.shares or ()))
        return GPM(model, self)


class GPM(Projection):
    """Remembers the rows."""

    def __init__(self, model: nn.Module, config: GPMConfig) -> None:
        super().__init__(model, "GPM")
        self.config = config

    def end_task(self, learned: Learned) -> None:
        """Principal directions of what is left of the inputs without the rows that there are."""
        for name, given in learned.activity(learned.data).items():
            if name not in self.rows:
                continue
            rows = self.rows[name]
            rest = given - (given @ rows.T) @ rows
            _, sizes, directions = torch.linalg.svd(rest.double(), full_matrices=False)
            inputs, config = given.shape[1], self.config
            if config.shares is not None:
                count = new_rows(config.shares[min(self.task, 1)], inputs, len(rows), config.most)
            else:
                total = given.double().square().sum()
                kept = total - rest.double().square().sum() + torch.cumsum(sizes.square(), 0)
                count = int((kept < config.energy * total).sum()) + 1
                count = min(count, int(config.most * inputs) - len(rows))
            self.rows[name] = orthonormal(rows, directions[:count].to(rows.dtype))
