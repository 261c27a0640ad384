"""The clock of the paper's network: conductance neurons and triplet STDP in steps of 0.1 ms (numba).

Order within a step, as in Brian 2: neurons advance (Euler), thresholds, synapses (arriving input spikes first, then
the spikes just fired), resets. Synapses of one input lie in the order of their delay, so that what arrives in a step
is one run of memory.
"""

import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64, UInt8, UInt16

from innervate.kernels import exact

STEP_MS = 0.1
MAX_DELAY_STEPS = 100
NEVER = -(2**30)
"""Step of a spike that has not happened."""

# Time constants, potentials (mV) and weights: Diehl and Cook, Front. Comput. Neurosci. 2015; VPRSNN `snn_model.py`.
TAU_EXC_MS, TAU_INH_MS, TAU_THETA_MS = 100.0, 10.0, 1e7
TAU_GE_MS, TAU_GI_MS = 1.0, 0.5
TAU_PRE_MS, TAU_POST1_MS, TAU_POST2_MS = 20.0, 20.0, 40.0
REST_EXC, RESET_EXC, THRESHOLD_BELOW_THETA, INHIBITED_EXC = -65.0, -65.0, 72.0, -100.0
REST_INH, RESET_INH, THRESHOLD_INH, INHIBITED_INH = -60.0, -45.0, -40.0, -85.0
THETA_PER_SPIKE = 0.05
REFRACTORY_EXC_STEPS, REFRACTORY_INH_STEPS = 50, 20
SILENT_STEPS = 500
"""No second spike within 50 ms: the published timer must pass 5 ms but runs at a tenth of the clock's pace."""
EXC_TO_INH, INH_TO_EXC = 10.4, 17.0
RATE_PRE, RATE_POST = np.float32(1e-4), np.float32(1e-2)
WEIGHT_MAX = np.float32(1.0)

_EXC, _INH, _THETA = STEP_MS / TAU_EXC_MS, STEP_MS / TAU_INH_MS, STEP_MS / TAU_THETA_MS
_KEEP_GE, _KEEP_GI = 1 - STEP_MS / TAU_GE_MS, 1 - STEP_MS / TAU_GI_MS
_KEEP_POST1 = np.float32(np.exp(-STEP_MS / TAU_POST1_MS))
_KEEP_POST2 = np.float32(np.exp(-STEP_MS / TAU_POST2_MS))
_PRE_PER_STEP = STEP_MS / TAU_PRE_MS
_ZERO, _ONE = np.float32(0), np.float32(1)


@exact
def poisson_spikes(
    pixels: UInt8[np.ndarray, "input"], intensity: float, steps: int, rng: np.random.Generator
) -> tuple[Int32[np.ndarray, "steps_and_end"], UInt16[np.ndarray, "spike"]]:
    """Independent Bernoulli trains of `pixel / intensity` Hz: where each step begins in the list, and who fired.

    Drawn as geometric intervals, which is the same distribution at the cost of the spikes instead of the steps.
    """
    room = 0
    for pixel in pixels:
        room += int(pixel / intensity * 1e-4 * steps * 3) + 64
    when = np.empty(room, np.int32)
    who = np.empty(room, np.uint16)
    count = 0
    for i in range(pixels.size):
        p = pixels[i] / intensity * 1e-3 * STEP_MS
        if p <= 0:
            continue
        scale = 1.0 / np.log1p(-p)
        t = int(np.log(1.0 - rng.random()) * scale)
        while t < steps and count < room:
            when[count], who[count] = t, i
            count += 1
            t += 1 + int(np.log(1.0 - rng.random()) * scale)
    start = np.zeros(steps + 1, np.int32)
    for k in range(count):
        start[when[k] + 1] += 1
    for t in range(steps):
        start[t + 1] += start[t]
    place = start.copy()
    ordered = np.empty(count, np.uint16)
    for k in range(count):
        ordered[place[when[k]]] = who[k]
        place[when[k]] += 1
    return start, ordered


@exact
def scale_columns(
    weight: Float32[np.ndarray, "input exc"], target: UInt16[np.ndarray, "input exc"], total: float
) -> None:
    """Scale the weights onto each excitatory neuron to sum to `total`."""
    inputs, count = weight.shape
    sums = np.zeros(count, np.float64)
    for i in range(inputs):
        for k in range(count):
            sums[target[i, k]] += weight[i, k]
    factor = (total / sums).astype(np.float32)
    for i in range(inputs):
        for k in range(count):
            weight[i, k] *= factor[target[i, k]]


@exact
def advance(
    clock: int,
    steps: int,
    learn: bool,
    start: Int32[np.ndarray, "steps_and_end"],
    who: UInt16[np.ndarray, "spike"],
    weight: Float32[np.ndarray, "input exc"],
    target: UInt16[np.ndarray, "input exc"],
    position: UInt16[np.ndarray, "input exc"],
    first: UInt16[np.ndarray, "input delays_and_end"],
    arrived: Int32[np.ndarray, "input exc"],
    v: Float64[np.ndarray, "2 exc"],
    g: Float64[np.ndarray, "4 exc"],
    theta: Float64[np.ndarray, "exc"],
    post: Float32[np.ndarray, "2 exc"],
    fired: Int64[np.ndarray, "2 exc"],
) -> Int64[np.ndarray, "exc"]:
    """Run from step `clock` on and return the spikes of each excitatory neuron; changes all arrays from `weight` on.

    `start` and `who` are input spikes, counted from `clock`; steps after the end of `start` have none.
    Synapse k of input i leads to neuron `target[i, k]`, and synapses `first[i, d]` to `first[i, d + 1]` have a delay
    of d steps; `position` is the inverse of `target`. `arrived` is the step of the last spike at each synapse.
    `v` and `fired` (step of the last spike) are excitatory, then inhibitory; `g` is ge and gi of the excitatory
    neurons, then of the inhibitory ones. `post` are the two post-synaptic traces.
    """
    inputs, count = weight.shape
    counts = np.zeros(count, np.int64)
    v_exc, v_inh = v[0], v[1]
    ge_exc, gi_exc, ge_inh, gi_inh = g[0], g[1], g[2], g[3]
    post1, post2 = post[0], post[1]
    fired_exc, fired_inh = fired[0], fired[1]
    spikes_exc = np.empty(count, np.int64)
    spikes_inh = np.empty(count, np.int64)
    trained = start.size - 1
    for step in range(steps):
        now = clock + step
        n_exc = n_inh = ready_exc = ready_inh = 0
        for j in range(count):
            x, idle = v_exc[j], now - fired_exc[j]
            moved = x + _EXC * (REST_EXC - x - ge_exc[j] * x + gi_exc[j] * (INHIBITED_EXC - x))
            x = moved if idle > REFRACTORY_EXC_STEPS else x
            v_exc[j] = x
            ge_exc[j] *= _KEEP_GE
            gi_exc[j] *= _KEEP_GI
            ready_exc += (x > theta[j] - THRESHOLD_BELOW_THETA) & (idle > SILENT_STEPS)
        for j in range(count):
            x, idle = v_inh[j], now - fired_inh[j]
            moved = x + _INH * (REST_INH - x - ge_inh[j] * x + gi_inh[j] * (INHIBITED_INH - x))
            x = moved if idle > REFRACTORY_INH_STEPS else x
            v_inh[j] = x
            ge_inh[j] *= _KEEP_GE
            gi_inh[j] *= _KEEP_GI
            ready_inh += (x > THRESHOLD_INH) & (idle > REFRACTORY_INH_STEPS)
        if ready_exc > 0:
            for j in range(count):
                if v_exc[j] > theta[j] - THRESHOLD_BELOW_THETA and now - fired_exc[j] > SILENT_STEPS:
                    spikes_exc[n_exc] = j
                    n_exc += 1
        if ready_inh > 0:
            for j in range(count):
                if v_inh[j] > THRESHOLD_INH and now - fired_inh[j] > REFRACTORY_INH_STEPS:
                    spikes_inh[n_inh] = j
                    n_inh += 1
        if learn:
            for j in range(count):
                theta[j] -= _THETA * theta[j]
                post1[j] *= _KEEP_POST1
                post2[j] *= _KEEP_POST2
        for delay in range(min(step, MAX_DELAY_STEPS) + 1):
            sent = step - delay
            if sent >= trained:
                continue
            for s in range(start[sent], start[sent + 1]):
                i = who[s]
                row, leads = weight[i], target[i]
                if learn:
                    last = arrived[i]
                    for k in range(first[i, delay], first[i, delay + 1]):
                        j = leads[k]
                        w = row[k]
                        ge_exc[j] += w
                        row[k] = min(w + RATE_PRE * post1[j], WEIGHT_MAX)
                        last[k] = now
                else:
                    for k in range(first[i, delay], first[i, delay + 1]):
                        ge_exc[leads[k]] += row[k]
        for s in range(n_exc):
            j = spikes_exc[s]
            ge_inh[j] += EXC_TO_INH
            if learn:
                gain = RATE_POST * post2[j]
                if gain > _ZERO:
                    for i in range(inputs):
                        k = position[i, j]
                        age = now - arrived[i, k]
                        if age < 4000:  # exp(-20): below the resolution of a weight
                            w = weight[i, k] + gain * np.float32(np.exp(-age * _PRE_PER_STEP))
                            weight[i, k] = min(w, WEIGHT_MAX)
                post1[j], post2[j] = _ONE, _ONE
                theta[j] += THETA_PER_SPIKE
            v_exc[j] = RESET_EXC
            fired_exc[j] = now
            counts[j] += 1
        if n_inh > 0:
            for j in range(count):
                gi_exc[j] += INH_TO_EXC * n_inh
            for s in range(n_inh):
                j = spikes_inh[s]
                gi_exc[j] -= INH_TO_EXC
                v_inh[j] = RESET_INH
                fired_inh[j] = now
    return counts
