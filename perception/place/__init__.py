"""Knowing where it is: spiking networks that tell places from images.

Names are imported when they are first used: those with a compiled kernel need the extra `innervate[place]`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .baselines import Chance, Cosine, HogCosine, SumOfAbsoluteDifferences
    from .bayes_filter import PlaceFilter
    from .images import ImageFolder, load_images
    from .percept import Place, Recogniser
    from .place_ensemble import EnsembleConfig, PlaceEnsemble
    from .sequences import ANY_DRIVE, STEADY, Motion, sequence_scores
    from .spiking_map import SpikingMap, SpikingMapConfig
    from .vprtempo import VPRTempo

__all__ = [
    "ANY_DRIVE",
    "STEADY",
    "Chance",
    "Cosine",
    "EnsembleConfig",
    "HogCosine",
    "ImageFolder",
    "Motion",
    "Place",
    "PlaceEnsemble",
    "PlaceFilter",
    "Recogniser",
    "SpikingMap",
    "SpikingMapConfig",
    "SumOfAbsoluteDifferences",
    "VPRTempo",
    "load_images",
    "sequence_scores",
]

_MODULES = {
    "baselines": ("Chance", "Cosine", "HogCosine", "SumOfAbsoluteDifferences"),
    "bayes_filter": ("PlaceFilter",),
    "images": ("ImageFolder", "load_images"),
    "percept": ("Place", "Recogniser"),
    "place_ensemble": ("EnsembleConfig", "PlaceEnsemble"),
    "sequences": ("ANY_DRIVE", "STEADY", "Motion", "sequence_scores"),
    "spiking_map": ("SpikingMap", "SpikingMapConfig"),
    "vprtempo": ("VPRTempo",),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
