"""The two weight updates of VPRTempo, each in one pass over the synapses (numba).

Arithmetic is in single precision and in the order of the package's tensors (`calc_stdp` in `blitnet.py`). A synapse
is clamped by size and given back its sign (exact, as signs are -1, 0 or 1), so that the loops have no branch.
"""

import numpy as np
from jaxtyping import Float32, Int8

from innervate.kernels import exact

FLOOR, CEILING = np.float32(1e-6), np.float32(10)
HOMEOSTASIS = np.float32(50)
HALF = np.float32(0.5)
ZERO = np.float32(0)


@exact
def draw_towards_half(
    weight: Float32[np.ndarray, "post pre"],
    sign: Int8[np.ndarray, "post pre"],
    pre: Float32[np.ndarray, "pre"],
    post: Float32[np.ndarray, "post"],
    current: Float32[np.ndarray, "post"],
    rate: np.float32,
) -> None:
    """Synapses between active neurons move by `rate` times (0.5 - post), inhibitory ones the other way."""
    posts, pres = weight.shape
    active = np.empty(pres, np.float32)
    for i in range(pres):
        active[i] = np.float32(1) if pre[i] > 0 else ZERO
    for j in range(posts):
        change = (HALF - post[j]) * rate if post[j] > 0 else ZERO
        drive = current[j]
        row, signs = weight[j], sign[j]
        for i in range(pres):
            s = np.float32(signs[i])
            size = min(max((row[i] + change * active[i] * s) * s, FLOOR), CEILING)
            w = size * s
            row[i] = w + drive * min(w, ZERO) * rate * HOMEOSTASIS


@exact
def force_target(
    weight: Float32[np.ndarray, "post pre"],
    sign: Int8[np.ndarray, "post pre"],
    pre: Float32[np.ndarray, "pre"],
    error: Float32[np.ndarray, "post"],
    current: Float32[np.ndarray, "post"],
    rate: np.float32,
) -> None:
    """Every synapse moves by `rate` times pre times error (delta rule), whatever its sign."""
    posts, pres = weight.shape
    for j in range(posts):
        e, drive = error[j], current[j]
        row, signs = weight[j], sign[j]
        for i in range(pres):
            s = np.float32(signs[i])
            size = min(max((row[i] + pre[i] * e * rate) * s, FLOOR), CEILING)
            w = size * s
            row[i] = w + drive * min(w, ZERO) * rate * HOMEOSTASIS
