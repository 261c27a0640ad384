"""Named loss terms, and which hemisphere learns from which.

The weights are those of the code released with Rinaldo et al. (arXiv 2401.14057).
"""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

Regulariser = Literal["hidden", "released"]
SQUARE_SCALE = 10.0
RATE_WEIGHT = 0.05
"""Of the squared rate of change of the activity, against its square (released code)."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Weights of the terms of one loss; each term is a mean over trials, time and dimensions."""

    distance: float = 0.0
    """|hand - target|, m, along x and y."""
    square: float = 0.0
    """10 (hand - target)^2, m^2."""
    effort: float = 0.0
    """Squared excitation."""
    activity: float = 0.0
    """Squared activity of the hidden layers and of its rate of change (per s), summed over layers."""


DOMINANT = Terms(distance=5.0, activity=0.02)
NON_DOMINANT = Terms(square=5.0, effort=2.0)
NON_SPECIALISED = Terms(distance=2.5, square=2.5, effort=1.0, activity=0.01)


@dataclass(frozen=True, kw_only=True)
class HemisphericLoss:
    """What each hemisphere learns from; what they share learns from both, half of each."""

    left: Terms = DOMINANT
    right: Terms = NON_DOMINANT
    regulariser: Regulariser = "hidden"
    """What `activity` is applied to: the hidden layers, as documented; or, as the released code executes it (Keras
    pairs losses with outputs by position), the joint state, the muscle state, proprioception and vision, as many of
    them as there are hidden layers."""
    duration_s: float = 0.0
    """How long a movement should take: errors are those from the path of least jerk (Flash and Hogan 1985) to the
    target over so long, from the cue on; 0 for those from the target itself."""

    def __post_init__(self) -> None:
        if not 0 <= self.duration_s < float("inf"):
            raise ConfigError(f"duration_s is finite and at least 0; it is {self.duration_s}.")


def activity_cost(activity: Float[Tensor, "time member trial unit"], control_step_s: float) -> Float[Tensor, "member"]:
    """Mean square of one layer's activity and, with a weight of 0.05, of its rate of change (per s)."""
    rate = activity.diff(dim=0) / control_step_s
    return activity.square().mean(dim=(0, 2, 3)) + RATE_WEIGHT * rate.square().mean(dim=(0, 2, 3))


def weighted(terms: dict[str, Float[Tensor, "member"]], weights: dict[str, Float[Tensor, "member"]]) -> Tensor:
    """The loss of each member from its terms and its own weights, `(member,)`; terms of no weight are left out."""
    return sum((weights[name] * term for name, term in terms.items()), start=next(iter(weights.values())) * 0.0)
