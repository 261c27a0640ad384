"""From what a controller gives to what a body is told."""

import numpy as np
from jaxtyping import Float

from .spec import ControllerSpec

__all__ = ["commanded"]


def commanded(
    spec: ControllerSpec,
    action: Float[np.ndarray, "batch action"],
    centre: Float[np.ndarray, "command"],
    half: Float[np.ndarray, "command"],
) -> np.ndarray:
    """Commands of a batch, in the actuators' own units: `centre + half * action`, actions clipped to [-1, 1].

    Where the body chooses between alternatives: for each choice the number of the one most preferred, the first of
    equals, counted from `centre`.
    """
    if not spec.choices:
        return centre + half * np.clip(action, -1.0, 1.0)
    ends = np.cumsum(spec.choices)
    picked = [action[:, end - n : end].argmax(axis=1) for n, end in zip(spec.choices, ends, strict=True)]
    return centre.astype(np.int64) + np.stack(picked, axis=1)
