"""The traverses that place recognition is measured on, and the statistics of its rows."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from innervate.errors import ConfigError
from innervate.perception.place.images.images import load_images


@dataclass(frozen=True)
class Traverses:
    """Two drives along the same places."""

    reference: UInt8[np.ndarray, "place height width 3"]
    query: UInt8[np.ndarray, "query height width 3"]
    truth: Bool[np.ndarray, "query place"]

    def first(self, places: int) -> "Traverses":
        """The first places of both."""
        return Traverses(self.reference[:places], self.query[:places], self.truth[:places, :places])


def data_folder() -> Path:
    """`$INNERVATE_DATA`, or the folder `shared/data` beside the repository; `ConfigError` where there is none."""
    default = Path(__file__).resolve().parents[4] / "shared" / "data"
    folder = Path(os.environ.get("INNERVATE_DATA", default))
    if not folder.is_dir():
        raise ConfigError(f"There is no data in {folder}; set INNERVATE_DATA to the folder that holds place/.")
    return folder


@cache
def traverses(name: str) -> Traverses:
    """A data set by the name of its folder in `place/`; place i of the query is place i of the reference."""
    folder = data_folder() / "place" / name
    reference, query = (load_images(folder / part).images for part in ("reference", "query"))
    known = folder / "ground_truth.npz"
    if known.exists():
        with np.load(known) as file:
            return Traverses(reference, query, file["gt"].T)
    return Traverses(reference, query, np.eye(len(query), len(reference), dtype=bool))
