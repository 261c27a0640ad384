"""Fast and slow weights: fast ones learn the tasks under a penalty, slow ones follow as a start for new ones."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..keeper import Learned
from .ewc import EWC, EWCConfig


@dataclass(frozen=True, kw_only=True)
class FastSlowConfig:
    """For few-shot tasks in a row, after the abstract of Wang et al. 2021: consolidation twice, fast and slow.

    The fast weights are the model's, kept by elastic weight consolidation; after each task the slow ones move a share
    of the way to them, as Reptile's outer step does (Nichol, Achiam and Schulman 2018), and the next task begins there.
    """

    strength: float = 300.0
    """Of the penalty on the fast weights."""
    samples: int = 200
    """As of `ewc`."""
    share: float = 0.5
    """How far the slow weights move."""

    def build(self, model: nn.Module, rng: np.random.Generator) -> "FastSlow":
        """Samples are chosen by `rng`."""
        if not 0 < self.share <= 1:
            raise ConfigError(f"The slow weights move a share in (0, 1] of the way, got {self.share}.")
        return FastSlow(model, self, rng)


class FastSlow(EWC):
    """The penalty's memory, and the slow weights."""

    def __init__(self, model: nn.Module, config: FastSlowConfig, rng: np.random.Generator) -> None:
        super().__init__(model, EWCConfig(strength=config.strength, samples=config.samples), rng)
        self._share = config.share
        self.slow = {name: p.detach().clone() for name, p in self.parameters().items()}

    @torch.no_grad()
    def begin_task(self, task: int) -> None:
        """At the slow weights."""
        super().begin_task(task)
        for name, p in self.parameters().items():
            p.copy_(self.slow[name])

    def end_task(self, learned: Learned) -> None:
        """Fast consolidation, then the slow step."""
        super().end_task(learned)
        for name, p in self.parameters().items():
            self.slow[name] = torch.lerp(self.slow[name], p.detach(), self._share)

    def tensors(self) -> dict[str, Tensor]:
        """With the slow weights."""
        return {**super().tensors(), **{f"slow.{name}": value.clone() for name, value in self.slow.items()}}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """All again."""
        super().load(tensors)
        self.slow = {name: tensors[f"slow.{name}"].clone() for name in self.slow}
