"""What several rules are made of: products of both sides, and traces that decay."""

import math

from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError


def outer(pre: Float[Tensor, "batch pre"], post: Float[Tensor, "batch post"]) -> Float[Tensor, "batch pre post"]:
    """Each of one side times each of the other."""
    return pre.unsqueeze(2) * post.unsqueeze(1)


def kept(tau_s: float, dt_s: float) -> float:
    """The share of a trace that is left after one step. Raises `ConfigError` for a time constant that is none."""
    if not 0 < tau_s < math.inf:
        raise ConfigError(f"A trace needs a finite time constant above 0 s, got {tau_s}.")
    return math.exp(-dt_s / tau_s)
