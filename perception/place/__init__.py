"""Knowing where it is: spiking networks that tell places from images.

Names are imported when they are first used (their types: `__init__.pyi`): those with a compiled kernel need the extra
`innervate[place]`.
"""

import importlib
from typing import Any

_MODULES = {
    "recognisers.chance": ("Chance",),
    "recognisers._cosine": ("Cosine",),
    "recognisers.hog": ("HogCosine",),
    "recognisers.pixels": ("SumOfAbsoluteDifferences",),
    "bayes_filter": ("PlaceFilter",),
    "calibration": ("Calibration", "expected_calibration_error"),
    "images.images": ("ImageFolder", "load_images"),
    "neuromorphic.nir_export": ("spiking_map_graph", "vprtempo_graph", "write_graph"),
    "percept": ("Place", "Recogniser"),
    "recognisers.place_ensemble": ("EnsembleConfig", "PlaceEnsemble"),
    "place_fields": ("FieldStatistics", "field_statistics", "firing", "rate_maps"),
    "sequences": ("ANY_DRIVE", "STEADY", "Motion", "drive_scores", "sequence_scores"),
    "recognisers.spiking_map": ("SpikingMap", "SpikingMapConfig"),
    "recognisers.vprtempo": ("VPRTempo",),
}

__all__ = sorted(name for names in _MODULES.values() for name in names)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
