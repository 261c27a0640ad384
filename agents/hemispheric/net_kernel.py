"""Bilateral nets as lists of operations on rows of activity, and their adjoints, 64 trials to a row (numba).

An operation is a row of eight integers; see `program.py`, which writes them, for what the last six mean:
`kind, to, units, from, size, weight, bias, past`.
"""

import numpy as np
from jaxtyping import Float, Int64

from innervate.kernels import fast, fast_inlined

from ..twins.layout import LANES

LINEAR, TANH, SIGMOID, GATED, MIX, POOL = range(6)
Acts = Float[np.ndarray, "row 64"]
Weights = Float[np.ndarray, "parameter"]
Operations = Int64[np.ndarray, "operation 8"]


@fast_inlined
def _tanh(x: float) -> float:
    """Lambert's continued fraction at an eighth of x, doubled three times: a call would be no vector code."""
    y = min(max(x, -19.0), 19.0) / 8
    z, below, above = y * y, 21.0, 1.0
    for k in range(19, 0, -2):
        below, above = k * below + z * above, below
    above *= y
    for _ in range(3):  # tanh 2y = 2 tanh y / (1 + tanh^2 y), as fractions: one division in all
        above, below = 2 * above * below, above * above + below * below
    return above / below


@fast_inlined
def _sigmoid(x: float) -> float:
    return 0.5 + 0.5 * _tanh(0.5 * x)


@fast
def run(operations: Operations, weights: Weights, now: Acts, past: Acts) -> None:
    """Fill in the rows of `now` from its inputs and from all rows one control step earlier."""
    for o in range(len(operations)):
        kind, to, units, source, size, w, bias, old = operations[o]
        if kind == LINEAR:
            _linear(weights[w : w + units * size], weights[bias : bias + units],
                    (past if old else now)[source : source + size], now[to : to + units])  # fmt: skip
        elif kind == TANH:
            for i in range(to, to + units):
                y = now[i]
                for n in range(LANES):
                    y[n] = _tanh(float(y[n]))
        elif kind == SIGMOID:
            for i in range(to, to + units):
                y = now[i]
                for n in range(LANES):
                    y[n] = _sigmoid(float(y[n]))
        elif kind == GATED:
            for i in range(units):
                _gates(now, past[to + i], now[to + i], source + i, size + i, w + i, units)
        elif kind == MIX:
            first, second = abs(weights[w]), abs(weights[w + 1])
            for i in range(units):
                y, a, b = now[to + i], now[source + i], now[size + i]
                for n in range(LANES):
                    y[n] = first * a[n] + second * b[n]
        else:
            half = units // 2
            for i in range(units):
                y, own = now[to + i], now[source + i]
                k = size + 2 * (i - (units - half))
                if i < units - half:
                    y[:] = own
                else:
                    a, b = now[k], now[k + 1]
                    for n in range(LANES):
                        y[n] = own[n] + max(a[n], b[n])


@fast
def _linear(weight: Weights, bias: Weights, x: Acts, y: Acts) -> None:
    np.dot(weight.reshape(len(y), len(x)), x, y)
    for o in range(len(y)):
        to, b = y[o], bias[o]
        for n in range(LANES):
            to[n] += b


@fast
def _gates(now: Acts, last: Weights, to: Weights, into: int, within: int, gate: int, units: int) -> None:
    """Of one gated unit; reset, update and new activity are kept in three rows from `gate` on."""
    for j in range(2):
        a, b, y = now[into + j * units], now[within + j * units], now[gate + j * units]
        for n in range(LANES):
            y[n] = _sigmoid(float(a[n] + b[n]))
    reset, update, new = now[gate], now[gate + units], now[gate + 2 * units]
    a, b = now[into + 2 * units], now[within + 2 * units]
    for n in range(LANES):
        new[n] = _tanh(float(a[n] + reset[n] * b[n]))
    for n in range(LANES):
        to[n] = new[n] + update[n] * (last[n] - new[n])


@fast
def run_adjoint(
    operations: Operations, weights: Weights, now: Acts, past: Acts, d_weights: Weights, d: Acts, d_past: Acts
) -> None:
    """Backwards: add to `d_weights`, to the rows of `d` (which holds the gradient of the outputs) and of `d_past`."""
    for o in range(len(operations) - 1, -1, -1):
        kind, to, units, source, size, w, bias, old = operations[o]
        if kind == LINEAR:
            _linear_adjoint(weights[w : w + units * size], d_weights[w : w + units * size],
                            d_weights[bias : bias + units], (past if old else now)[source : source + size],
                            d[to : to + units], (d_past if old else d)[source : source + size])  # fmt: skip
        elif kind == TANH:
            for i in range(to, to + units):
                y, g = now[i], d[i]
                for n in range(LANES):
                    g[n] *= 1 - y[n] * y[n]
        elif kind == SIGMOID:
            for i in range(to, to + units):
                y, g = now[i], d[i]
                for n in range(LANES):
                    g[n] *= y[n] * (1 - y[n])
        elif kind == GATED:
            for i in range(units):
                _gates_adjoint(now, past[to + i], d, d_past[to + i], d[to + i], source + i, size + i, w + i, units)
        elif kind == MIX:
            first, second = abs(weights[w]), abs(weights[w + 1])
            on_first = on_second = 0.0
            for i in range(units):
                g, a, b, da, db = d[to + i], now[source + i], now[size + i], d[source + i], d[size + i]
                for n in range(LANES):
                    on_first += g[n] * a[n]
                    on_second += g[n] * b[n]
                    da[n] += first * g[n]
                    db[n] += second * g[n]
            d_weights[w] += on_first * np.sign(weights[w])
            d_weights[w + 1] += on_second * np.sign(weights[w + 1])
        else:
            half = units // 2
            for i in range(units):
                g, own = d[to + i], d[source + i]
                for n in range(LANES):
                    own[n] += g[n]
                k = size + 2 * (i - (units - half))
                if i >= units - half:
                    a, b, da, db = now[k], now[k + 1], d[k], d[k + 1]
                    for n in range(LANES):
                        da[n] += g[n] if a[n] > b[n] else 0.5 * g[n] if a[n] == b[n] else 0.0
                        db[n] += g[n] if b[n] > a[n] else 0.5 * g[n] if a[n] == b[n] else 0.0


@fast
def _linear_adjoint(weight: Weights, d_weight: Weights, d_bias: Weights, x: Acts, to_y: Acts, to_x: Acts) -> None:
    d_weight += np.dot(to_y, x.T).reshape(-1)
    to_x += np.dot(weight.reshape(len(to_y), len(x)).T, to_y)
    for o in range(len(to_y)):
        d_bias[o] += to_y[o].sum()


@fast
def _gates_adjoint(
    now: Acts, last: Weights, d: Acts, d_last: Weights, g: Weights, into: int, within: int, gate: int, units: int
) -> None:
    reset, update, new = now[gate], now[gate + units], now[gate + 2 * units]
    recurrent = now[within + 2 * units]
    d_reset, d_update, d_new = d[into], d[into + units], d[into + 2 * units]
    r_reset, r_update, r_new = d[within], d[within + units], d[within + 2 * units]
    for n in range(LANES):
        d_last[n] += g[n] * update[n]
        d_update[n] = g[n] * (last[n] - new[n]) * update[n] * (1 - update[n])
    for n in range(LANES):
        d_new[n] = g[n] * (1 - update[n]) * (1 - new[n] * new[n])
    for n in range(LANES):
        d_reset[n] = d_new[n] * recurrent[n] * reset[n] * (1 - reset[n])
        r_new[n] = d_new[n] * reset[n]
    r_reset[:], r_update[:] = d_reset, d_update
