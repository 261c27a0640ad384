"""Knowing where it is: spiking networks that tell places from images.

Names are imported when they are first used: those with a compiled kernel need the extra `innervate[place]`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .baselines import Chance, Cosine, HogCosine, SumOfAbsoluteDifferences
    from .bayes_filter import PlaceFilter
    from .calibration import Calibration, expected_calibration_error
    from .images import ImageFolder, load_images
    from .nir_export import spiking_map_graph, vprtempo_graph, write_graph
    from .percept import Place, Recogniser
    from .place_ensemble import EnsembleConfig, PlaceEnsemble
    from .place_fields import FieldStatistics, field_statistics, firing, rate_maps
    from .sequences import ANY_DRIVE, STEADY, Motion, sequence_scores
    from .spiking_map import SpikingMap, SpikingMapConfig
    from .vprtempo import VPRTempo

__all__ = [
    "ANY_DRIVE",
    "STEADY",
    "Calibration",
    "Chance",
    "Cosine",
    "EnsembleConfig",
    "FieldStatistics",
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
    "expected_calibration_error",
    "field_statistics",
    "firing",
    "load_images",
    "rate_maps",
    "sequence_scores",
    "spiking_map_graph",
    "vprtempo_graph",
    "write_graph",
]

_MODULES = {
    "baselines": ("Chance", "Cosine", "HogCosine", "SumOfAbsoluteDifferences"),
    "bayes_filter": ("PlaceFilter",),
    "calibration": ("Calibration", "expected_calibration_error"),
    "images": ("ImageFolder", "load_images"),
    "nir_export": ("spiking_map_graph", "vprtempo_graph", "write_graph"),
    "percept": ("Place", "Recogniser"),
    "place_ensemble": ("EnsembleConfig", "PlaceEnsemble"),
    "place_fields": ("FieldStatistics", "field_statistics", "firing", "rate_maps"),
    "sequences": ("ANY_DRIVE", "STEADY", "Motion", "sequence_scores"),
    "spiking_map": ("SpikingMap", "SpikingMapConfig"),
    "vprtempo": ("VPRTempo",),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
