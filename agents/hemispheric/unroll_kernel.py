"""Net and arm over time and back again, 64 trials of one controller at a time (numba)."""

import numpy as np
from jaxtyping import Float, Float64, Int64

from innervate.kernels import fast

from ...controllers.normaliser import CLIP
from ..twins import arm26_kernel as arm
from ..twins.layout import FELT, LANES
from .net_kernel import run, run_adjoint


@fast
def forward(
    operations: Int64[np.ndarray, "operation 8"],
    weights: Float[np.ndarray, "parameter"],
    whiten: Float[np.ndarray, "2 input"],
    muscles: Float64[np.ndarray, "6 6"],
    body: Float64[np.ndarray, "10"],
    excitation: int,
    delay: int,
    target: Float[np.ndarray, "time 2 64"],
    load: Float[np.ndarray, "time 2 64"],
    noise: Float[np.ndarray, "time 6 64"],
    bodies: Float[np.ndarray, "sample 20 64"],
    acts: Float[np.ndarray, "sample row 64"],
) -> None:
    """Fill in `bodies` and `acts` after their first sample, which is the state at the start.

    `whiten` has the mean that is taken from what is sensed and the scale after that; what is felt is `delay` steps
    old, and the muscles are as the step to it measured them, before it; `noise` times the excitation is added to it on
    its way to the muscles.
    """
    command, work = np.empty_like(noise[0]), np.empty_like(bodies[0, :4])
    arm.turn(bodies[0].reshape(-1))
    for t in range(len(target)):
        now = acts[t + 1]
        seen = max(t - delay, 0)
        before = max(seen - 1, 0)
        arm.sense(bodies[before].reshape(-1), bodies[seen].reshape(-1), muscles, body, now[:FELT].reshape(-1))
        now[FELT : FELT + 2] = target[t]
        for i in range(FELT + 2):
            x, mean, scale = now[i], whiten[0, i], whiten[1, i]
            for n in range(LANES):
                x[n] = min(max((x[n] - mean) * scale, -CLIP), CLIP)
        run(operations, weights, now, acts[t])
        for m in range(6):
            y, u, e = command[m], now[excitation + m], noise[t, m]
            for n in range(LANES):
                y[n] = u[n] + u[n] * e[n]
        arm.advance(bodies[t].reshape(-1), command.reshape(-1), load[t].reshape(-1), muscles, body,
                    bodies[t + 1].reshape(-1), work.reshape(-1))  # fmt: skip


@fast
def backward(
    operations: Int64[np.ndarray, "operation 8"],
    weights: Float[np.ndarray, "parameter"],
    whiten: Float[np.ndarray, "2 input"],
    muscles: Float64[np.ndarray, "6 6"],
    body: Float64[np.ndarray, "10"],
    excitation: int,
    delay: int,
    load: Float[np.ndarray, "time 2 64"],
    noise: Float[np.ndarray, "time 6 64"],
    bodies: Float[np.ndarray, "sample 20 64"],
    acts: Float[np.ndarray, "sample row 64"],
    hidden: Int64[np.ndarray, "unit"],
    to_bodies: Float[np.ndarray, "sample 20 64"],
    to_excitation: Float[np.ndarray, "time 6 64"],
    to_hidden: Float[np.ndarray, "time unit 64"],
    d_weights: Float[np.ndarray, "parameter"],
) -> None:
    """Add to `d_weights` what comes from the gradients of bodies (which are used up), excitations and activity."""
    d, d_past = np.zeros_like(acts[0]), np.zeros_like(acts[0])
    command, d_command, work = np.empty_like(noise[0]), np.empty_like(noise[0]), np.empty_like(bodies[0, :4])
    for t in range(len(load) - 1, -1, -1):
        now = acts[t + 1]
        for m in range(6):
            y, u, e = command[m], now[excitation + m], noise[t, m]
            for n in range(LANES):
                y[n] = u[n] + u[n] * e[n]
        arm.advance_adjoint(bodies[t].reshape(-1), command.reshape(-1), load[t].reshape(-1), muscles, body,
                            to_bodies[t + 1].reshape(-1), to_bodies[t].reshape(-1), d_command.reshape(-1),
                            work.reshape(-1))  # fmt: skip
        for m in range(6):
            g, c, e, of = d[excitation + m], d_command[m], noise[t, m], to_excitation[t, m]
            for n in range(LANES):
                g[n] = c[n] + c[n] * e[n] + of[n]
        for i in range(len(hidden)):
            g, of = d[hidden[i]], to_hidden[t, i]
            for n in range(LANES):
                g[n] += of[n]
        run_adjoint(operations, weights, now, acts[t], d_weights, d, d_past)
        for i in range(FELT):
            g, x, scale = d[i], now[i], whiten[1, i]
            for n in range(LANES):
                g[n] = g[n] * scale if abs(x[n]) < CLIP else 0.0
        seen = max(t - delay, 0)
        before = max(seen - 1, 0)
        arm.sense_adjoint(bodies[before].reshape(-1), bodies[seen].reshape(-1), muscles, body, d[:FELT].reshape(-1),
                          to_bodies[before].reshape(-1), to_bodies[seen].reshape(-1))  # fmt: skip
        d, d_past = d_past, d
        d_past[:] = 0
