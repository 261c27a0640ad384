"""Keeps the last states of every environment in a ring, and writes those of a body that exploded."""

import os
import tempfile
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from .replay import Replay, dump
from .warp_batch import Physics

KEPT = 8
"""Control steps that are kept, and thus that a replay shows."""
MOST_FILES = 16
"""Replays that one engine writes; later explosions are reported without one, so that the disk does not fill up."""


class Recorder:
    """A ring of the last `KEPT` states (with the action about to be applied) of every environment."""

    def __init__(self, n: int, state_size: int, folder: Path | None) -> None:
        self._ring = np.zeros((KEPT, n, state_size))
        self._count = 0
        self._since = np.zeros(n, np.int64)
        self._folder = folder or Path(tempfile.gettempdir()) / "innervate-explosions"
        self._written = 0

    def begin(self, ids: Int[np.ndarray, "chosen"]) -> None:
        """Forget what came before a new episode."""
        self._since[ids] = self._count

    def record(self, states: Float[np.ndarray, "env state"]) -> None:
        """Keep the states from which a control step is about to start."""
        self._ring[self._count % KEPT] = states
        self._count += 1

    def write(self, i: int, batch: Physics, substeps: int, title: str) -> str | None:
        """Dump environment `i`; the path, or None when enough have been written."""
        if self._written >= MOST_FILES:
            return None
        first = max(int(self._since[i]), self._count - KEPT)
        states = np.stack([self._ring[k % KEPT, i] for k in range(first, self._count)])
        path = self._folder / f"explosion-{os.getpid()}-{id(self):x}-{self._written}.npz"
        dump(path, Replay(states, substeps, batch.get_model(i), title))
        self._written += 1
        return str(path)
