"""The sliding threshold (Bienenstock, Cooper and Munro 1982): more than usual strengthens, less than usual weakens."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..rules import Rule, check_rate
from ..spec import State
from ._traces import kept, outer


@dataclass(frozen=True, kw_only=True)
class BCMConfig:
    """Change = rate pre post (post - threshold); the threshold follows the mean of post^2."""

    rate: float = 0.01
    threshold_s: float = 1.0
    """Over how long the mean is taken; it must be short against 1 / rate, or activity swings."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "BCM":
        """Nothing in it is random."""
        del generator
        check_rate(self, "rate")
        return BCM(pre, post, self, dt_s)


class BCM(Rule):
    """State: `threshold` (batch, post). A neuron ends selective: silent but for some of its inputs."""

    def __init__(self, pre: int, post: int, config: BCMConfig, dt_s: float) -> None:
        super().__init__(pre, post)
        self.config, self._keep = config, kept(config.threshold_s, dt_s)

    def zero(self, batch: int) -> State:
        """No threshold yet."""
        return {"threshold": torch.zeros(batch, self.post)}

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Does not read the weight."""
        del weight
        told = self.config.rate * modulator * post * (post - state["threshold"])
        return outer(pre, told), {"threshold": torch.lerp(post.square(), state["threshold"], self._keep)}
