"""Replay: some samples of each earlier task are learned from again beside the new ones (Ratcliff 1990)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..keeper import Activity, Data, Grads, Keeper, Learned


@dataclass(frozen=True, kw_only=True)
class ReplayConfig:
    """The cheap peer, which stores data; most methods must beat it."""

    samples: int = 100
    """Kept of each task, drawn at random when it ends."""

    def build(self, model: nn.Module, rng: np.random.Generator) -> "Replay":
        """Samples are chosen by `rng`."""
        if self.samples < 1:
            raise ConfigError(f"Replay keeps at least one sample of a task, got samples={self.samples}.")
        return Replay(model, self, rng)


class Replay(Keeper):
    """Every batch is joined by as many samples from all earlier tasks together."""

    def __init__(self, model: nn.Module, config: ReplayConfig, rng: np.random.Generator) -> None:
        super().__init__(model)
        self.config, self._rng = config, rng
        self._kept: Data = ()

    def transform(self, grads: Grads, activity: Activity) -> Grads:
        """As they are: what protects is in the loss."""
        del activity
        return grads

    def also(self, count: int) -> Data | None:
        """Drawn with replacement; none in the first task."""
        if not self._kept:
            return None
        rows = torch.from_numpy(self._rng.integers(len(self._kept[0]), size=count))
        return tuple(part[rows] for part in self._kept)

    def end_task(self, learned: Learned) -> None:
        """Keep some, without replacement."""
        there = len(learned.data[0])
        rows = torch.from_numpy(self._rng.permutation(there)[: self.config.samples])
        new = tuple(part[rows].detach().clone() for part in learned.data)
        self._kept = tuple(torch.cat(pair) for pair in zip(self._kept, new, strict=True)) if self._kept else new

    def tensors(self) -> dict[str, Tensor]:
        """The samples."""
        return {f"kept.{i}": part for i, part in enumerate(self._kept)}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """The samples again."""
        self._kept = tuple(tensors[f"kept.{i}"] for i in range(len(tensors)))
