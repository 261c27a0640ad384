"""The paper's encoder on every place of a maze at once (numba): forward.

All images of a maze are one background with a single pixel lit. The background is convolved once; for each place only
what its pixel reaches is computed: four positions of the first convolution, nine of the second, four cells after
pooling. Nothing is approximated: sums are only ordered otherwise.

A lit pixel at (r, c) reaches positions r - 1 .. r of the first convolution and r - 2 .. r of the second, likewise in
columns; both are numbered by rows, from the top left one. A tap (i, j) of a kernel is number 2 i + j.
"""

import numpy as np
from jaxtyping import Float32, Int64

from innervate.kernels import fast

from .buffers import C1, C2, HIDDEN, Net, Work
from .vectors import choose, fill32, gated, plus, put, row16, row32

LIT = np.float32(1)
ONE = np.float32(1)
ZERO = np.float32(0)


@fast
def encode(
    net: Net, work: Work, background: Float32[np.ndarray, "side side"], pixel: Int64[np.ndarray, "place"]
) -> None:
    """Fill `work` up to `hidden`: activations of the background, then of each place."""
    _background(net, work, background)
    of_background = row32(net.dense_bias, (0,))
    for cell in range(len(work.pooled)):
        for k in range(C2):
            of_background = plus(of_background, work.pooled[cell, k], row32(net.dense, (cell, k, 0)))
    put(work.hidden_of_background, (0,), of_background)
    _convolve(net, work, background, pixel)
    _pool(net, work, pixel)


@fast
def _background(net: Net, work: Work, background: Float32[np.ndarray, "side side"]) -> None:
    n1, n2 = work.a1.shape[0], work.a2.shape[0]
    for tap in range(4):
        for k in range(C1):
            for j in range(C2):
                work.conv2[tap, k, j] = net.conv2[tap, j, k]
    for u in range(n1):
        for v in range(n1):
            a = row16(net.conv1_bias, (0,))
            for tap in range(4):
                a = plus(a, background[u + tap // 2, v + tap % 2], row16(net.conv1, (tap, 0)))
            put(work.a1, (u, v, 0), a)
            put(work.h1, (u, v, 0), gated(a, a))
    for u in range(n2):
        for v in range(n2):
            a = row32(net.conv2_bias, (0,))
            for tap in range(4):
                y, x = u + tap // 2, v + tap % 2
                for k in range(C1):
                    a = plus(a, work.h1[y, x, k], row32(work.conv2, (tap, k, 0)))
            put(work.a2, (u, v, 0), a)
    half = n2 // 2
    for cell in range(half * half):
        top, left = 2 * (cell // half), 2 * (cell % half)
        best, where = fill32(ZERO), fill32(ZERO)
        for corner in range(4):
            a = row32(work.a2, (top + corner // 2, left + corner % 2, 0))
            where = choose(a, best, fill32(np.float32(corner)), where)
            best = choose(a, best, a, best)
        put(work.pooled, (cell, 0), best)
        put(work.where, (cell, 0), where)


@fast
def _convolve(
    net: Net, work: Work, background: Float32[np.ndarray, "side side"], pixel: Int64[np.ndarray, "place"]
) -> None:
    """Both convolutions where the lit pixel reaches."""
    n1, n2 = work.a1.shape[0], work.a2.shape[0]
    for place in range(len(pixel)):
        r, c = pixel[place] // (n1 + 1), pixel[place] % (n1 + 1)
        step = LIT - background[r, c]
        for m in range(4):
            i, j = m // 2, m % 2
            u, v = r - 1 + i, c - 1 + j
            if 0 <= u < n1 and 0 <= v < n1:
                a = plus(row16(work.a1, (u, v, 0)), step, row16(net.conv1, ((1 - i) * 2 + 1 - j, 0)))
                put(work.a1_lit, (place, m, 0), a)
                put(work.change1, (place, m, 0), plus(gated(a, a), -ONE, row16(work.h1, (u, v, 0))))
        for n in range(9):
            u, v = r - 2 + n // 3, c - 2 + n % 3
            if not (0 <= u < n2 and 0 <= v < n2):
                continue
            even, odd = row32(work.a2, (u, v, 0)), fill32(ZERO)
            for tap in range(4):
                i, j = n // 3 - 1 + tap // 2, n % 3 - 1 + tap % 2
                if 0 <= i < 2 and 0 <= j < 2:
                    m = i * 2 + j
                    for k in range(0, C1, 2):  # two sums at a time hide the latency of one
                        even = plus(even, work.change1[place, m, k], row32(work.conv2, (tap, k, 0)))
                        odd = plus(odd, work.change1[place, m, k + 1], row32(work.conv2, (tap, k + 1, 0)))
            put(work.a2_lit, (place, n, 0), plus(even, ONE, odd))


@fast
def _pool(net: Net, work: Work, pixel: Int64[np.ndarray, "place"]) -> None:
    """Cells that the lit pixel reaches, and the hidden layer."""
    n1, n2 = work.a1.shape[0], work.a2.shape[0]
    half = n2 // 2
    for place in range(len(pixel)):
        r, c = pixel[place] // (n1 + 1), pixel[place] % (n1 + 1)
        hidden, odd = row32(work.hidden_of_background, (0,)), fill32(ZERO)
        for q in range(4):
            row, column = max(r - 2, 0) // 2 + q // 2, max(c - 2, 0) // 2 + q % 2
            if not (2 * row <= r and 2 * column <= c and row < half and column < half):
                continue
            best, where = fill32(ZERO), fill32(ZERO)
            for corner in range(4):
                u, v = 2 * row + corner // 2, 2 * column + corner % 2
                if r - 2 <= u <= r and c - 2 <= v <= c:
                    a = row32(work.a2_lit, (place, (u - r + 2) * 3 + v - c + 2, 0))
                else:
                    a = row32(work.a2, (u, v, 0))
                where = choose(a, best, fill32(np.float32(corner)), where)
                best = choose(a, best, a, best)
            put(work.pooled_lit, (place, q, 0), best)
            put(work.where_lit, (place, q, 0), where)
            cell = row * half + column
            put(work.change2, (place, q, 0), plus(best, -ONE, row32(work.pooled, (cell, 0))))
            for k in range(0, C2, 2):
                hidden = plus(hidden, work.change2[place, q, k], row32(net.dense, (cell, k, 0)))
                odd = plus(odd, work.change2[place, q, k + 1], row32(net.dense, (cell, k + 1, 0)))
        hidden = plus(hidden, ONE, odd)
        put(work.hidden_row, (0,), gated(hidden, hidden))
        for o in range(HIDDEN):
            work.hidden[o, place] = work.hidden_row[o]
