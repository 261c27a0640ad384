"""Auxiliary objectives by name, each one object with `loss(...) -> dict of named terms`."""

from collections.abc import Sequence

from innervate.errors import ConfigError
from innervate.registry import Registry

from .decorrelation import DecorrelationConfig
from .horizon import HorizonConfig
from .objective import Experience, Objective, ObjectiveConfig
from .sale import SALEConfig
from .self_predictive import SelfPredictiveConfig
from .several import Several
from .spr import SPRConfig

OBJECTIVES: Registry[ObjectiveConfig] = Registry(
    "auxiliary objective",
    {
        "decorrelation": DecorrelationConfig,
        "horizon": HorizonConfig,
        "sale": SALEConfig,
        "self-predictive": SelfPredictiveConfig,
        "spr": SPRConfig,
    },
)

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


__all__ = [
    "OBJECTIVES",
    "Asked",
    "DecorrelationConfig",
    "Experience",
    "HorizonConfig",
    "Objective",
    "ObjectiveConfig",
    "SALEConfig",
    "SPRConfig",
    "SelfPredictiveConfig",
    "build",
    "configured",
]
