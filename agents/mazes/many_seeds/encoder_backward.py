"""The paper's encoder on every place of a maze at once (numba): backward, by the way that `encoder_kernel` came.

What a place's pixel did not reach belongs to the background, so its gradients are summed over places first.
"""

import numpy as np
from jaxtyping import Float32, Int64

from innervate.kernels import fast

from .buffers import C2, HIDDEN, Net, Work
from .encoder_kernel import LIT, ONE, ZERO
from .vectors import dot, fill16, fill32, gated, plus, put, row16, row32, where_equal


@fast
def encode_backward(
    net: Net,
    work: Work,
    background: Float32[np.ndarray, "side side"],
    pixel: Int64[np.ndarray, "place"],
    gradient: Net,
) -> None:
    """Set `gradient` of all layers up to `hidden`, whose own gradient is `work.d_hidden`."""
    work.d_a2[:] = ZERO
    work.d_h1[:] = ZERO
    work.d_a1[:] = ZERO
    work.unreached[:] = ZERO
    gradient.conv1[:] = ZERO
    gradient.conv2[:] = ZERO
    gradient.dense[:] = ZERO
    _unpool(net, work, pixel, gradient)
    _deconvolve(net, work, background, pixel, gradient)
    _background_pool(net, work, gradient)
    _background_convolutions(net, work, background, gradient)


@fast
def _unpool(net: Net, work: Work, pixel: Int64[np.ndarray, "place"], gradient: Net) -> None:
    """From `hidden` through the cells that the pixel reaches to the maxima in them: `d_a2`, and `a2_lit` as its own
    gradient."""
    n1, n2 = work.a1.shape[0], work.a2.shape[0]
    half = n2 // 2
    total = fill32(ZERO)
    for place in range(len(pixel)):
        r, c = pixel[place] // (n1 + 1), pixel[place] % (n1 + 1)
        for o in range(HIDDEN):
            work.hidden_row[o] = work.d_hidden[o, place] if work.hidden[o, place] > 0 else ZERO
        d_hidden = row32(work.hidden_row, (0,))
        total = plus(total, ONE, d_hidden)
        for q in range(4):
            row, column = max(r - 2, 0) // 2 + q // 2, max(c - 2, 0) // 2 + q % 2
            if not (2 * row <= r and 2 * column <= c and row < half and column < half):
                continue
            cell = row * half + column
            put(work.unreached, (cell, 0), plus(row32(work.unreached, (cell, 0)), -ONE, d_hidden))
            for k in range(C2):
                d_w = row32(gradient.dense, (cell, k, 0))
                put(gradient.dense, (cell, k, 0), plus(d_w, work.change2[place, q, k], d_hidden))
                work.d_pooled[k] = dot(row32(net.dense, (cell, k, 0)), d_hidden)
            d_pooled = gated(row32(work.d_pooled, (0,)), row32(work.pooled_lit, (place, q, 0)))
            where = row32(work.where_lit, (place, q, 0))
            for corner in range(4):
                u, v = 2 * row + corner // 2, 2 * column + corner % 2
                share = where_equal(d_pooled, where, np.float32(corner))
                put(work.d_a2, (u, v, 0), plus(row32(work.d_a2, (u, v, 0)), ONE, share))
                if r - 2 <= u <= r and c - 2 <= v <= c:
                    put(work.a2_lit, (place, (u - r + 2) * 3 + v - c + 2, 0), share)
    put(gradient.dense_bias, (0,), total)


@fast
def _deconvolve(
    net: Net, work: Work, background: Float32[np.ndarray, "side side"], pixel: Int64[np.ndarray, "place"], gradient: Net
) -> None:
    """Back through both convolutions. What passes the lit positions is taken from the background's share."""
    n1, n2 = work.a1.shape[0], work.a2.shape[0]
    used = n2 // 2 * 2  # of an odd number of rows, pooling leaves out the last
    for place in range(len(pixel)):
        r, c = pixel[place] // (n1 + 1), pixel[place] % (n1 + 1)
        step = LIT - background[r, c]
        for m in range(4):
            i, j = m // 2, m % 2
            u, v = r - 1 + i, c - 1 + j
            if not (0 <= u < n1 and 0 <= v < n1):
                continue
            change = row16(work.change1, (place, m, 0))
            d_first = fill16(ZERO)
            for tap in range(4):
                y, x = u - tap // 2, v - tap % 2
                if not (0 <= y < used and 0 <= x < used):
                    continue
                n = (i + 1 - tap // 2) * 3 + j + 1 - tap % 2
                for k in range(C2):
                    s = work.a2_lit[place, n, k]
                    if s != 0:
                        put(gradient.conv2, (tap, k, 0), plus(row16(gradient.conv2, (tap, k, 0)), s, change))
                        d_first = plus(d_first, s, row16(net.conv2, (tap, k, 0)))
            put(work.d_h1, (u, v, 0), plus(row16(work.d_h1, (u, v, 0)), -ONE, d_first))
            own = gated(d_first, row16(work.a1_lit, (place, m, 0)))
            put(work.d_a1, (u, v, 0), plus(row16(work.d_a1, (u, v, 0)), ONE, own))
            tap = (1 - i) * 2 + 1 - j
            put(gradient.conv1, (tap, 0), plus(row16(gradient.conv1, (tap, 0)), step, own))


@fast
def _background_pool(net: Net, work: Work, gradient: Net) -> None:
    """The dense layer and the pooling of the background, for all places whose pixel does not reach a cell."""
    half = work.a2.shape[0] // 2
    total = row32(gradient.dense_bias, (0,))
    for cell in range(half * half):
        top, left = 2 * (cell // half), 2 * (cell % half)
        unreached = plus(row32(work.unreached, (cell, 0)), ONE, total)
        for k in range(C2):
            d_w = row32(gradient.dense, (cell, k, 0))
            put(gradient.dense, (cell, k, 0), plus(d_w, work.pooled[cell, k], total))
            work.d_pooled[k] = dot(row32(net.dense, (cell, k, 0)), unreached)
        d_pooled = gated(row32(work.d_pooled, (0,)), row32(work.pooled, (cell, 0)))
        where = row32(work.where, (cell, 0))
        for corner in range(4):
            u, v = top + corner // 2, left + corner % 2
            share = where_equal(d_pooled, where, np.float32(corner))
            put(work.d_a2, (u, v, 0), plus(row32(work.d_a2, (u, v, 0)), ONE, share))


@fast
def _background_convolutions(
    net: Net, work: Work, background: Float32[np.ndarray, "side side"], gradient: Net
) -> None:
    """From the summed gradients of both convolutions to their weights."""
    n1, n2 = work.a1.shape[0], work.a2.shape[0]
    bias2, bias1 = fill32(ZERO), fill16(ZERO)
    for u in range(n2):
        for v in range(n2):
            bias2 = plus(bias2, ONE, row32(work.d_a2, (u, v, 0)))
            for tap in range(4):
                y, x = u + tap // 2, v + tap % 2
                h, d_h = row16(work.h1, (y, x, 0)), row16(work.d_h1, (y, x, 0))
                for k in range(C2):
                    s = work.d_a2[u, v, k]
                    put(gradient.conv2, (tap, k, 0), plus(row16(gradient.conv2, (tap, k, 0)), s, h))
                    d_h = plus(d_h, s, row16(net.conv2, (tap, k, 0)))
                put(work.d_h1, (y, x, 0), d_h)
    put(gradient.conv2_bias, (0,), bias2)
    for u in range(n1):
        for v in range(n1):
            d_h = gated(row16(work.d_h1, (u, v, 0)), row16(work.a1, (u, v, 0)))
            d_a = plus(row16(work.d_a1, (u, v, 0)), ONE, d_h)
            bias1 = plus(bias1, ONE, d_a)
            for tap in range(4):
                x = background[u + tap // 2, v + tap % 2]
                put(gradient.conv1, (tap, 0), plus(row16(gradient.conv1, (tap, 0)), x, d_a))
    put(gradient.conv1_bias, (0,), bias1)
