"""Methods of analysis: what takes recordings of the same units and finds something in them."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from matplotlib.figure import Figure

from innervate.files import write_bytes_atomically
from innervate.launch.analysis.recordings.traces import Traces
from innervate.registry import Catalogue

METHODS: Catalogue[ModuleType] = Catalogue(
    "method of analysis",
    group="innervate.methods",
    package="innervate.launch.analysis.methods",
    folder=Path(__file__).parent / "methods",
)
"""The files of `methods/`, and what others bring: modules with TITLE, a dataclass Config and
`analyse(traces, config)`, which gives a `Finding`."""


class Finding(Protocol):
    """What a method found."""

    def told(self) -> list[tuple[str, str]]:
        """In a few lines: what, and how much."""
        ...

    def draw(self) -> Figure:
        """As one picture."""
        ...

    def arrays(self) -> Mapping[str, np.ndarray]:
        """All numbers by name."""
        ...


def save(finding: Finding, folder: Path, name: str) -> tuple[Path, Path]:
    """The picture and the numbers (`numpy.load`) of a finding, each written whole or not at all."""
    picture, numbers = folder / f"analysis_{name}.png", folder / f"analysis_{name}.npz"
    drawn, stored, arrays = io.BytesIO(), io.BytesIO(), dict[str, Any](finding.arrays())
    finding.draw().savefig(drawn, format="png")
    np.savez_compressed(stored, **arrays)
    for path, buffer in ((picture, drawn), (numbers, stored)):
        write_bytes_atomically(path, buffer.getvalue())
    return picture, numbers


def analyse(traces: Sequence[Traces], name: str, config: Any = None) -> Finding:
    """Apply a method by its name, with its own defaults where no configuration is given."""
    module = METHODS[name]
    return module.analyse(list(traces), module.Config() if config is None else config)
