"""Elastic weight consolidation: weights are pulled back as strongly as earlier tasks depend on them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..keeper import Activity, Grads, Keeper, Learned


@dataclass(frozen=True, kw_only=True)
class EWCConfig:
    """A quadratic penalty around the weights of each earlier task (Kirkpatrick et al. 2017)."""

    strength: float = 300.0
    """lambda; sweep it, for its unit is that of the loss."""
    samples: int = 200
    """Whose squared gradients, one at a time, make the Fisher information: the empirical one, by the data's targets."""

    def build(self, model: nn.Module, rng: np.random.Generator) -> "EWC":
        """Samples are chosen by `rng`."""
        if self.samples < 1 or not 0 <= self.strength < float("inf"):
            raise ConfigError(f"EWC needs a sample at least and a finite strength of 0 or more, got {self}.")
        return EWC(model, self, rng)


class EWC(Keeper):
    """The penalties of all tasks add up to one: two numbers for each parameter, however many tasks there were."""

    def __init__(self, model: nn.Module, config: EWCConfig, rng: np.random.Generator) -> None:
        super().__init__(model)
        self.config, self._rng = config, rng
        self._fisher = {name: torch.zeros_like(p) for name, p in self.parameters().items()}
        self._pull = {name: torch.zeros_like(p) for name, p in self.parameters().items()}
        """Sum over tasks of Fisher information times weight."""

    def transform(self, grads: Grads, activity: Activity) -> Grads:
        """With the gradient of the penalty, lambda sum_k F_k (w - w_k)."""
        del activity
        return {
            name: grads[name] + self.config.strength * (self._fisher[name] * p.detach() - self._pull[name])
            for name, p in self.parameters().items()
        }

    def end_task(self, learned: Learned) -> None:
        """Mean squared gradient of single samples, at the weights as they are."""
        parameters, there = self.parameters(), len(learned.data[0])
        chosen = self._rng.permutation(there)[: self.config.samples]
        for row in chosen.tolist():
            loss = learned.loss(tuple(part[row : row + 1] for part in learned.data))
            found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
            for (name, p), grad in zip(parameters.items(), found, strict=True):
                if grad is not None:  # pyright: ignore[reportUnnecessaryComparison]
                    square = grad.square() / len(chosen)
                    self._fisher[name] += square
                    self._pull[name] += square * p.detach()

    def tensors(self) -> dict[str, Tensor]:
        """Information, and what it pulls to."""
        parts = {"fisher": self._fisher, "pull": self._pull}
        return {f"{part}.{name}": value.clone() for part, of in parts.items() for name, value in of.items()}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Both again."""
        for part, of in (("fisher", self._fisher), ("pull", self._pull)):
            for name in of:
                of[name] = tensors[f"{part}.{name}"].clone()
