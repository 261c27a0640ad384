"""Time constants in seconds, for layers that remember: spread evenly in their logarithm, kept as exp(-dt / tau)."""

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

__all__ = ["AUTO_STEPS", "Slowest", "keep", "keep_logit", "spread"]

Slowest = float | Literal["auto"] | None
"""How a configuration says the slowest time constant: in seconds; "auto" for what memory needs without being told,
`AUTO_STEPS` control steps; None for the core's own beginning, as it was published."""

AUTO_STEPS = 100.0
"""Longer than what a learner unrolls by default, so that the gradient and not the unit is what forgets; in control
steps, since that is what is unrolled."""


def spread(units: int, dt_s: float, slowest_s: float) -> Float[Tensor, "units"]:
    """Log-spaced time constants from one control step to `slowest_s`, in seconds; a single unit has the slowest.

    Raises:
        ConfigError: the slowest is not finite, or faster than one control step.
    """
    if not dt_s <= slowest_s < math.inf:
        raise ConfigError(
            f"The slowest time constant must be finite and at least one control step, {dt_s} s; slowest_s={slowest_s} "
            "was given."
        )
    if units == 1:
        return torch.tensor([slowest_s])
    return torch.logspace(math.log10(dt_s), math.log10(slowest_s), units, dtype=torch.float64).float()


def keep(tau_s: Float[Tensor, "units"], dt_s: float) -> Float[Tensor, "units"]:
    """The share that is left after one step, exp(-dt / tau)."""
    return torch.exp(-dt_s / tau_s)


def keep_logit(tau_s: Float[Tensor, "units"], dt_s: float) -> Float[Tensor, "units"]:
    """Where a logistic function gives `keep`: the bias of a gate that keeps its unit for `tau_s`.

    The chrono initialisation (Tallec and Ollivier 2018) has log(tau / dt), which this is for tau much longer than dt;
    this one is exact down to the control step and below.
    """
    return -torch.log(torch.expm1(dt_s / tau_s))
