"""The ABCD rule: a weighted sum of Hebb's product, either side alone and a constant, its weights evolved."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import outer


@dataclass(frozen=True, kw_only=True)
class ABCDConfig:
    """Change = rate (A pre post + B pre + C post + D) (Najarro and Risi 2020, arXiv 2007.02686)."""

    rate: float = 0.01
    """The paper's learning rate eta, here one for all synapses."""
    each: Literal["group", "synapse"] = "synapse"
    """Whether every synapse has four coefficients of its own, as published, or all of them the same four."""
    spread: float = 0.1
    """Standard deviation of the coefficients at first."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "ABCD":
        """Coefficients are drawn from the generator."""
        del dt_s
        check_rate(self, "rate", "spread")
        if self.each not in ("group", "synapse"):
            raise ConfigError(f"ABCDConfig.each is 'group' or 'synapse', got {self.each!r}.")
        return ABCD(pre, post, self, generator)


class ABCD(Rule):
    """Parameters: `coefficients` (4, pre, post), or (4, 1, 1) of a group: A, B, C, D."""

    def __init__(self, pre: int, post: int, config: ABCDConfig, generator: torch.Generator) -> None:
        super().__init__(pre, post)
        self.config = config
        shape = (4, pre, post) if config.each == "synapse" else (4, 1, 1)
        self.coefficients = nn.Parameter(config.spread * torch.randn(shape, generator=generator))

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Remembers nothing, and does not read the weight."""
        del weight
        a, b, c, d = self.coefficients.unbind(0)
        told = a * outer(pre, post) + b * pre.unsqueeze(2) + c * post.unsqueeze(1) + d
        return self.config.rate * modulator.unsqueeze(1) * told, state
