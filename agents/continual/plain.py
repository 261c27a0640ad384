"""Nothing: earlier tasks are overwritten as they may be."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from ..keeper import Activity, Grads, Keeper, Learned


@dataclass(frozen=True, kw_only=True)
class PlainConfig:
    """The null: gradients as they are."""

    def build(self, model: nn.Module, rng: np.random.Generator) -> "Plain":
        """It draws nothing."""
        del rng
        return Plain(model)


class Plain(Keeper):
    """Remembers nothing."""

    def transform(self, grads: Grads, activity: Activity) -> Grads:
        """As they are."""
        del activity
        return grads

    def end_task(self, learned: Learned) -> None:
        """Nothing stays."""
