"""The worm's signal-propagation atlas (Randi et al. 2023), out of the package `wormneuroatlas` that a user installs.

Its licence is the GPL, so that it is no dependency here; only its data file is read.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from innervate.errors import MissingExtraError, RunError

FILE = "data/funatlas.h5"
RESPONDS, SILENT = 0.05, 0.05
"""Below these a pair responds (its q), or is told to be equal to no response (its q of equivalence)."""


@dataclass(frozen=True)
class Atlas:
    """What the worm's neurons do after each was stimulated, of the wild type."""

    neurons: tuple[str, ...]
    amplitude: Float[np.ndarray, "stimulated neuron"]
    """Mean change of fluorescence, dF/F; NaN where it was never observed."""
    responds: Bool[np.ndarray, "stimulated neuron"]
    silent: Bool[np.ndarray, "stimulated neuron"]
    """Observed, and shown not to respond."""


def read_atlas(path: Path | None = None) -> Atlas:
    """From `funatlas.h5`: that of the installed package, unless a path is given.

    Raises:
        RunError: no such package or file, or a file of other content.
        MissingExtraError: h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", "place") from error
    if path is None:
        spec = importlib.util.find_spec("wormneuroatlas")
        if spec is None or spec.origin is None:
            raise RunError(
                "The atlas of the worm's signals comes with the package wormneuroatlas, whose licence is the GPL, so "
                "that it is yours to install: pip install --no-deps wormneuroatlas. Or name its file funatlas.h5."
            )
        path = Path(spec.origin).parent / FILE
    if not path.is_file():
        raise RunError(f"There is no atlas {path}; expected is the file funatlas.h5 of wormneuroatlas.")
    try:
        with h5py.File(path, "r") as opened:
            file: Any = opened
            names = tuple(name.decode() for name in file["neuron_ids"][:])
            # There rows are who answers, columns who was stimulated.
            amplitude, q, same, seen = (file[f"wt/{k}"][:].T for k in ("dFF", "q", "q_eq", "occ1"))
    except (OSError, KeyError, AttributeError) as error:
        raise RunError(f"{path} is no signal-propagation atlas as wormneuroatlas has it: {error}.") from error
    observed = (seen > 0) & ~np.eye(len(names), dtype=bool)
    responds = observed & (np.nan_to_num(q, nan=1.0) < RESPONDS)
    silent = observed & ~responds & (np.nan_to_num(same, nan=1.0) < SILENT)
    return Atlas(names, np.where(observed, amplitude, np.nan), responds, silent)
