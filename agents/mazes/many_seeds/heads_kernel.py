"""Small stacks of layers on many columns at once (numba): a column is a place or a sample.

Weights lie as in torch: of each layer (out, in), then its biases. All activations of a stack share one array, a
layer's rows below those of the layer before.
"""

import numpy as np
from jaxtyping import Float32, Int64

from innervate.kernels import fast

Acts = Float32[np.ndarray, "unit column"]
WIDE = 2048
"""Weights from which a layer is worked through four rows at a time, which spares most of the loads."""


@fast
def _four_inputs(
    w: Float32[np.ndarray, "input"], x: Float32[np.ndarray, "input column"], y: Float32[np.ndarray, "column"]
) -> int:
    """Add the weighted rows of x to y, but for the last that make no four; returns how many."""
    blocks = len(w) // 4 * 4
    for i in range(0, blocks, 4):
        w0, w1, w2, w3 = w[i], w[i + 1], w[i + 2], w[i + 3]
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        for b in range(len(y)):
            y[b] += (w0 * x0[b] + w1 * x1[b]) + (w2 * x2[b] + w3 * x3[b])
    return blocks


@fast
def _four_outputs(
    w: Float32[np.ndarray, "weight"],
    x: Float32[np.ndarray, "input column"],
    dy: Float32[np.ndarray, "output column"],
    dx: Float32[np.ndarray, "input column"],
    d_w: Float32[np.ndarray, "weight_and_bias"],
    into: int,
    out: int,
) -> int:
    """Add to the gradients of the layer and of its input, but for the last outputs that make no four."""
    blocks = out // 4 * 4
    zero = np.float32(0)
    for o in range(0, blocks, 4):
        g0, g1, g2, g3 = dy[o], dy[o + 1], dy[o + 2], dy[o + 3]
        for k in range(4):
            total = zero
            for b in range(x.shape[1]):
                total += dy[o + k, b]
            d_w[into * out + o + k] += total
        for i in range(into):
            xi, di = x[i], dx[i]
            at0 = o * into + i
            at1, at2, at3 = at0 + into, at0 + 2 * into, at0 + 3 * into
            w0, w1, w2, w3 = w[at0], w[at1], w[at2], w[at3]
            s0, s1, s2, s3 = zero, zero, zero, zero
            for b in range(x.shape[1]):
                s0 += g0[b] * xi[b]
                s1 += g1[b] * xi[b]
                s2 += g2[b] * xi[b]
                s3 += g3[b] * xi[b]
                di[b] += (w0 * g0[b] + w1 * g1[b]) + (w2 * g2[b] + w3 * g3[b])
            d_w[at0] += s0
            d_w[at1] += s1
            d_w[at2] += s2
            d_w[at3] += s3
    return blocks


@fast
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
            done = 0
            if into * out >= WIDE:
                done = _four_inputs(weights[at + o * into : at + (o + 1) * into], acts[top : top + into], y)
            for i in range(done, into):
                w, x = weights[at + o * into + i], acts[top + i]
                for b in range(len(y)):
                    y[b] += w * x[b]
            if not last:
                for b in range(len(y)):
                    y[b] = max(y[b], np.float32(0))
        at, top = bias + out, below
    return top


@fast
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
        done = 0
        if into * out >= WIDE:
            done = _four_outputs(weights[at:bias], acts[top : top + into], dy, dx, d_weights[at:], into, out)
        for o in range(done, out):
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
