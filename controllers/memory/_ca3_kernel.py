"""The hippocampal memory's network as a compiled kernel: only neurons that something reaches are looked at.

A neuron can fire only when something arrives; when it does, the milliseconds since it was last seen are caught up with.
"""

import math
from typing import Any

import numpy as np

from innervate.kernels import exact

from ._ca3_layout import ARRIVES, GATED, HIGHEST, HISTORY_MS, LEAST_TRACE, SLOTS, STAYS, TAU_STDP_MS


@exact
def _send(arriving: Any, listed: Any, waiting: Any, waits: Any, slot: Any, neuron: Any, weight: Any) -> None:
    arriving[slot, neuron] += weight
    if not listed[slot, neuron]:
        listed[slot, neuron] = 1
        waiting[slot, waits[slot]] = neuron
        waits[slot] += 1


@exact
def live(
    n: Any, m: Any, ends: Any, constants: Any, clock: Any, v: Any, current: Any, refractory: Any, seen: Any,
    arriving: Any, listed: Any, everywhere: Any, pre_cue: Any, post_content: Any, pre_content: Any, post_cue: Any,
    late_content: Any, late_cue: Any, to_content: Any, to_cue: Any, cues: Any, contents: Any, plastic: Any, rule: Any,
    output: Any,
) -> Any:  # fmt: skip
    stays, arrives, fades = np.float32(STAYS), np.float32(ARRIVES), np.float32(math.exp(-1 / TAU_STDP_MS))
    top, zero, six, least = np.float32(HIGHEST), np.float32(0), np.float32(6), np.float32(LEAST_TRACE)
    inhibition = np.float32(6 * m)
    fired = np.empty((10, max(n, m)), np.int64)  # numbers within the population
    waiting, waits = np.empty((SLOTS, v.size), np.int64), np.zeros(SLOTS, np.int64)
    for slot in range(SLOTS):
        for k in range(v.size):
            if listed[slot, k]:
                waiting[slot, waits[slot]] = k
                waits[slot] += 1
    traced_cue, traced_content, many_cues, many_contents = np.empty(n, np.int64), np.empty(m, np.int64), 0, 0
    for k in range(n):
        if pre_cue[k] > 0 or post_cue[k] > 0:
            traced_cue[many_cues] = k
            many_cues += 1
    for j in range(m):
        if pre_content[j] > 0 or post_content[j] > 0:
            traced_content[many_contents] = j
            many_contents += 1
    spikes, operations = 0, 0

    for ms in range(cues.shape[0]):
        t = clock[0] + ms
        slot, one, two, three = t % SLOTS, (t + 1) % SLOTS, (t + 2) % SLOTS, (t + 3) % SLOTS
        # What reaches a whole population is kept by the millisecond; a slot that comes round again begins at 0.
        for p in range(10):
            everywhere[(t + SLOTS - 1) % HISTORY_MS, p] = zero
        count = np.zeros(10, np.int64)
        for w in range(waits[slot]):
            k = waiting[slot, w]
            p = 0
            while k >= ends[p + 1]:
                p += 1
            keeps, gain, threshold = constants[p, 0], constants[p, 1], constants[p, 2]
            since = t - seen[k]
            if since > HISTORY_MS - SLOTS:  # whatever it held has decayed
                v[k], current[k], refractory[k] = zero, zero, 0
                since = HISTORY_MS - SLOTS
            for back in range(since - 1, -1, -1):
                got = everywhere[(t - back) % HISTORY_MS, p]
                if back == 0:
                    got += arriving[slot, k]
                i = current[k] + arrives * got
                current[k] = i * stays
                v[k] = keeps * v[k] + gain * i if refractory[k] == 0 else zero
                refractory[k] = 0
            if v[k] >= threshold:
                v[k], refractory[k] = zero, 1
                fired[p, count[p]] = k - ends[p]
                count[p] += 1
            seen[k] = t
            arriving[slot, k] = zero
            listed[slot, k] = 0
        waits[slot] = 0
        for p in range(10):
            spikes += count[p]

        # Plasticity: delays are dendritic, so that a spike of the receiver counts one millisecond later; a coincidence
        # depresses. `traced` lists who has a trace.
        if plastic:
            kept = 0
            for q in range(many_cues):
                k = traced_cue[q]
                pre_cue[k] *= fades
                post_cue[k] *= fades
                if pre_cue[k] < least:
                    pre_cue[k] = zero
                if post_cue[k] < least:
                    post_cue[k] = zero
                if pre_cue[k] > 0 or post_cue[k] > 0:
                    traced_cue[kept] = k
                    kept += 1
            many_cues, kept = kept, 0
            for q in range(many_contents):
                j = traced_content[q]
                pre_content[j] *= fades
                post_content[j] *= fades
                if pre_content[j] < least:
                    pre_content[j] = zero
                if post_content[j] < least:
                    post_content[j] = zero
                if pre_content[j] > 0 or post_content[j] > 0:
                    traced_content[kept] = j
                    kept += 1
            many_contents = kept
            for j in range(m):
                if late_content[j]:
                    for q in range(many_cues):
                        k = traced_cue[q]
                        to_content[k, j] = min(top, to_content[k, j] + top * pre_cue[k])
                    if pre_content[j] == 0 and post_content[j] == 0:
                        traced_content[many_contents] = j
                        many_contents += 1
                    post_content[j] += 1
            for k in range(n):
                if late_cue[k]:
                    if rule == GATED:  # two spikes before this one: kept; less: cut, whatever was there
                        for j in range(m):
                            x = pre_content[j]
                            to_cue[j, k] = min(top, to_cue[j, k] + top * x) if x > np.float32(0.8) else zero
                    else:
                        for q in range(many_contents):
                            j = traced_content[q]
                            to_cue[j, k] = min(top, to_cue[j, k] + top * pre_content[j])
                    if pre_cue[k] == 0 and post_cue[k] == 0:
                        traced_cue[many_cues] = k
                        many_cues += 1
                    post_cue[k] += 1
            for c in range(count[0]):
                k = fired[0, c]
                for q in range(many_contents):
                    j = traced_content[q]
                    to_content[k, j] = max(zero, to_content[k, j] - top * post_content[j])
                if pre_cue[k] == 0 and post_cue[k] == 0:
                    traced_cue[many_cues] = k
                    many_cues += 1
                pre_cue[k] += 1
            for c in range(count[3]):
                j = fired[3, c]
                if rule != GATED:
                    for q in range(many_cues):
                        k = traced_cue[q]
                        to_cue[j, k] = max(zero, to_cue[j, k] - top * post_cue[k])
                if pre_content[j] == 0 and post_content[j] == 0:
                    traced_content[many_contents] = j
                    many_contents += 1
                pre_content[j] += 1
        late_content[:] = 0
        late_cue[:] = 0
        for c in range(count[1]):
            late_content[fired[1, c]] = 1
        for c in range(count[2]):
            late_cue[fired[2, c]] = 1

        # Spikes, and what comes from outside, to where they go.
        for k in range(n):
            if cues[ms, k]:
                _send(arriving, listed, waiting, waits, one, ends[0] + k, six)
                operations += 1
        for j in range(m):
            if contents[ms, j]:
                _send(arriving, listed, waiting, waits, one, ends[1] + j, six)
                operations += 1
        for c in range(count[0]):
            k = fired[0, c]
            everywhere[(t + 3) % HISTORY_MS, 2] -= inhibition
            everywhere[(t + 2) % HISTORY_MS, 4] -= six
            _send(arriving, listed, waiting, waits, two, ends[2] + k, six)
            _send(arriving, listed, waiting, waits, three, ends[2] + k, inhibition)  # all but its own
            _send(arriving, listed, waiting, waits, three, ends[6] + k, six)
            for j in range(m):
                if to_content[k, j] > 0:
                    _send(arriving, listed, waiting, waits, one, ends[1] + j, to_content[k, j])
            operations += 2 + n + 2 * m
        for c in range(count[1]):
            j = fired[1, c]
            _send(arriving, listed, waiting, waits, one, ends[4] + j, np.float32(9))
            _send(arriving, listed, waiting, waits, one, ends[5], six)
            _send(arriving, listed, waiting, waits, three, ends[7] + j, six)
            operations += 3
        for c in range(count[2]):
            k = fired[2, c]
            everywhere[(t + 2) % HISTORY_MS, 2] -= inhibition
            _send(arriving, listed, waiting, waits, two, ends[2] + k, inhibition)
            _send(arriving, listed, waiting, waits, one, ends[6] + k, six)
            operations += n
        for c in range(count[3]):
            j = fired[3, c]
            _send(arriving, listed, waiting, waits, one, ends[7] + j, six)
            for k in range(n):
                if to_cue[j, k] > 0:
                    _send(arriving, listed, waiting, waits, one, ends[2] + k, to_cue[j, k])
            operations += n + 1
        for c in range(count[4]):
            _send(arriving, listed, waiting, waits, one, ends[3] + fired[4, c], six)
            operations += 1
        if count[5]:
            for j in range(m):
                _send(arriving, listed, waiting, waits, one, ends[4] + j, np.float32(2))
            operations += m
        for c in range(count[6]):
            _send(arriving, listed, waiting, waits, one, ends[8] + fired[6, c], six)
        for c in range(count[7]):
            _send(arriving, listed, waiting, waits, one, ends[9] + fired[7, c], six)
        operations += count[6] + count[7]
        for c in range(count[8]):
            output[ms, fired[8, c]] = 1
        for c in range(count[9]):
            output[ms, n + fired[9, c]] = 1
    clock[0] += cues.shape[0]
    return spikes, operations
