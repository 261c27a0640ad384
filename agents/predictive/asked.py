"""Which auxiliary objectives were asked for, by name or by configuration."""

from collections.abc import Sequence
from pathlib import Path

from innervate.configurations import Configurations
from innervate.errors import ConfigError

from ..learner import Metrics
from ..objectives._objective import Objective, ObjectiveConfig
from ..objectives._several import Several

OBJECTIVES: Configurations[ObjectiveConfig] = Configurations(
    "auxiliary objective",
    group="innervate.objectives",
    package="innervate.agents.objectives",
    folder=Path(__file__).parents[1] / "objectives",
    contract=ObjectiveConfig,
)

AUXILIARY_METRICS: Metrics = {
    "train/silent_units": (
        "fraction",
        "units of the latent whose standard deviation over a minibatch is below 0.001, looked at every 100 updates",
    ),
    "train/effective_rank": (
        "",
        "participation ratio of the latent's covariance, from 1 to its size, looked at every 100 updates",
    ),
    "train/aux_prediction": ("", "auxiliary loss of the prediction, weighted, mean since the last report"),
    "train/aux_negatives": ("", "auxiliary loss that keeps latents apart: shuffled pairs and neighbours (`horizon`)"),
    "train/aux_variance": ("", "auxiliary loss of units that vary too little (`decorrelation`)"),
    "train/aux_covariance": ("", "auxiliary loss of units that vary together (`decorrelation`)"),
}
"""What prediction adds to what is logged; `train/aux_TERM` for each term of an objective."""

Asked = str | ObjectiveConfig | Sequence[str | ObjectiveConfig]
"""An objective by name or by configuration, or several."""


def configured(asked: Asked) -> tuple[ObjectiveConfig, ...]:
    """The configurations that were asked for. Raises `UnknownNameError` with the nearest name."""
    each = (asked,) if isinstance(asked, (str, ObjectiveConfig)) else tuple(asked)
    if not each:
        raise ConfigError(f"Which objective? The list is empty; known: {', '.join(OBJECTIVES)}.")
    return tuple(OBJECTIVES[one]() if isinstance(one, str) else one for one in each)


def build(configs: Sequence[ObjectiveConfig], latent: int, actions: int) -> Objective:
    """One objective of all of them."""
    parts = [config.build(latent, actions) for config in configs]
    return parts[0] if len(parts) == 1 else Several(parts)
