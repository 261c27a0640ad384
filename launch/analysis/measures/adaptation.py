"""What learning in a force field leaves behind: errors of the opposite sign once the field is gone.

Hand paths are `(time, trial, 2)` in metres, the start included.
"""

import numpy as np
from jaxtyping import Float

Path = Float[np.ndarray, "time trial 2"]
PerTrial = Float[np.ndarray, "trial"]


def signed_deviation(path: Path, target: Float[np.ndarray, "trial 2"]) -> PerTrial:
    """Largest distance (m) from the line between start and target; positive to its left, as seen by the hand."""
    along = target - path[0]
    along = along / np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    off = path - path[0]
    across = along[:, 0] * off[..., 1] - along[:, 1] * off[..., 0]
    return across[np.abs(across).argmax(axis=0), np.arange(path.shape[1])]


def after_effect(without: Path, before: Path, target: Float[np.ndarray, "trial 2"]) -> PerTrial:
    """Signed deviation (m) in catch or wash-out trials less that of the same reaches before the field was met."""
    return signed_deviation(without, target) - signed_deviation(before, target)


def learning_index(in_field: PerTrial, without: PerTrial) -> PerTrial:
    """Share of the after-effect in all deviation, |without| / (|without| + |in_field|), from signed deviations less
    those of the baseline (after Criscimagna-Hemminger et al. 2003): 0 if nothing was learned, 1 for a full model."""
    catch, field = np.abs(without), np.abs(in_field)
    return catch / np.maximum(catch + field, 1e-12)
