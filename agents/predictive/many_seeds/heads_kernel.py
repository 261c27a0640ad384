"""Small stacks of layers on many columns at once (numba): a column is a place or a sample.

Weights lie as in torch: of each layer (out, in), then its biases. All activations of a stack share one array, a
layer's rows below those of the layer before.
"""

import numpy as np
from jaxtyping import Float32, Int64

from .compiled import compiled

Acts = Float32[np.ndarray, "unit column"]


@compiled
def stack_forward(weights: Float32[np.ndarray, "part"], widths: Int64[np.ndarray, "layer"], acts: Acts) -> int:
    """Fill the rows of `acts` below the input's; ReLU between layers. Returns the row where the output begins."""
    at, top = 0, 0
    for layer in range(len(widths) - 1):
        into, out = widths[layer], widths[layer + 1]
        below, bias = top + into, at + into * out
        last = layer == len(widths) - 2
        for o in range(out):
            y = acts[below + o]
            y[:] = weights[bias + o]
            for i in range(into):
                w, x = weights[at + o * into + i], acts[top + i]
                for b in range(len(y)):
                    y[b] += w * x[b]
            if not last:
                for b in range(len(y)):
                    y[b] = max(y[b], np.float32(0))
        at, top = bias + out, below
    return top


@compiled
def stack_backward(
    weights: Float32[np.ndarray, "part"],
    widths: Int64[np.ndarray, "layer"],
    acts: Acts,
    d_weights: Float32[np.ndarray, "part"],
    scratch: Float32[np.ndarray, "two unit column"],
) -> int:
    """Add to `d_weights`; `scratch[0]` holds the output's gradient. Returns which half holds the input's."""
    columns = acts.shape[1]
    at, top, half = len(weights), 0, 0
    for width in widths[:-1]:
        top += width
    for layer in range(len(widths) - 2, -1, -1):
        into, out = widths[layer], widths[layer + 1]
        bias = at - out
        at, top = bias - into * out, top - into
        dy, dx = scratch[half], scratch[1 - half]
        for i in range(into):
            dx[i, :columns] = np.float32(0)
        for o in range(out):
            g = dy[o]
            total = np.float32(0)
            for b in range(columns):
                total += g[b]
            d_weights[bias + o] += total
            for i in range(into):
                x, d = acts[top + i], dx[i]
                w, s = weights[at + o * into + i], np.float32(0)
                for b in range(columns):
                    s += g[b] * x[b]
                    d[b] += w * g[b]
                d_weights[at + o * into + i] += s
        if layer > 0:
            for i in range(into):
                x, d = acts[top + i], dx[i]
                for b in range(columns):
                    d[b] = d[b] if x[b] > 0 else np.float32(0)
        half = 1 - half
    return half
