"""CLASSP: a step for each weight that shrinks with all that was ever asked of it, and only where enough is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..keeper import Activity, Grads, Keeper, Learned


@dataclass(frozen=True, kw_only=True)
class CLASSPConfig:
    """Ludwig 2024 (arXiv 2405.09637): where g^2 > threshold, s <- s + |g|^power, step g / (epsilon + s)^(1 / power).

    The scaling is off while the first task is learnt. The optimiser is SGD without momentum.
    """

    rule: Literal["text", "released"] = "text"
    """The paper's, or the released code's: one threshold for a whole tensor, and s <- s + |g| whatever the power."""
    threshold: float = 0.5
    power: float = 1.0
    epsilon: float = 1e-5

    def build(self, model: nn.Module, rng: np.random.Generator) -> "CLASSP":
        """It draws nothing."""
        del rng
        if self.rule not in ("text", "released") or not (self.threshold >= 0 and self.power > 0 and self.epsilon > 0):
            raise ConfigError(f"CLASSP's rule is 'text' or 'released', power and epsilon are positive; got {self}.")
        return CLASSP(model, self)


class CLASSP(Keeper):
    """Remembers s, one number for each parameter."""

    takes_momentum = False

    def __init__(self, model: nn.Module, config: CLASSPConfig) -> None:
        super().__init__(model)
        self.config = config
        self._sum = {name: torch.zeros_like(p) for name, p in self.parameters().items()}

    def transform(self, grads: Grads, activity: Activity) -> Grads:
        """What plain gradient descent makes the rule's step of."""
        del activity
        c, steps = self.config, dict[str, Tensor]()
        for name, grad in grads.items():
            over = grad.square() > c.threshold
            if c.rule == "released":
                over = (grad.square().any() > c.threshold).expand_as(grad)
            power = c.power if c.rule == "text" else 1.0
            self._sum[name] = self._sum[name] + over * grad.abs() ** power
            scale = (c.epsilon + self._sum[name]) ** (1 / c.power) if self.task > 0 else 1.0
            steps[name] = torch.where(over, grad / scale, torch.zeros_like(grad))
        return steps

    def end_task(self, learned: Learned) -> None:
        """What it remembers is of every step."""

    def tensors(self) -> dict[str, Tensor]:
        """The sums."""
        return {f"sum.{name}": value.clone() for name, value in self._sum.items()}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """The sums again."""
        self._sum = {name: tensors[f"sum.{name}"].clone() for name in self._sum}
