"""Oja's rule (1982): Hebb's, with a decay that keeps a neuron's weights bounded."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import outer


@dataclass(frozen=True, kw_only=True)
class OjaConfig:
    """Change = rate (pre post - post^2 weight)."""

    rate: float = 0.01
    """Share of the change that is made in one step."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "Oja":
        """Nothing in it is random, and no time is."""
        del generator, dt_s
        check_rate(self, "rate")
        return Oja(pre, post, self)


class Oja(Rule):
    """A linear neuron's weights end as its first principal component, of length 1 (Oja, "A simplified neuron model as a
    principal component analyzer", 1982)."""

    def __init__(self, pre: int, post: int, config: OjaConfig) -> None:
        super().__init__(pre, post)
        self.config = config

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Remembers nothing."""
        hebb = outer(pre, post) - post.square().unsqueeze(1) * weight
        return self.config.rate * modulator.unsqueeze(1) * hebb, state
