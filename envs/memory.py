"""What a task keeps for an episode."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

__all__ = ["Memory"]


class Memory:
    """What `Task.begin` put into `userdata`, and how long ago that was; rows of an array, `memory[:, 3]`.

    Args:
        rows: the model's `userdata`, one row an environment.
        step: control steps since each episode began: 0 when its first action is applied, 1 when that step is over.
    """

    __slots__ = ("_rows", "step")

    def __init__(self, rows: Float[np.ndarray, "env userdata"], step: Int[np.ndarray, "env"]) -> None:
        self._rows = rows
        self.step = step

    def __getitem__(self, key: Any) -> np.ndarray:
        """As of the array `(env, userdata)`; read-only."""
        return self._rows[key]

    def __len__(self) -> int:
        """Number of environments."""
        return len(self._rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The whole array, `(env, userdata)`."""
        return np.array(self._rows, dtype=dtype, copy=copy)
