"""The hidden chain: forward and backward passes over a sequence of states (Rabiner 1989), scaled at every step."""

import numpy as np
from jaxtyping import Float

from innervate.kernels import exact

FLOOR = np.exp(-8.0)
"""Least probability of a transition: no state is ever impossible."""


@exact
def smooth(
    log_likelihood: Float[np.ndarray, "step state"],
    transition: Float[np.ndarray, "state state"],
    first: Float[np.ndarray, "state"],
    posterior: Float[np.ndarray, "step state"],
    moves: Float[np.ndarray, "state state"],
) -> float:
    """Fill in the posterior of every step, add the expected transitions to `moves`; the log-likelihood is returned.

    A row of `transition` is where a state goes.
    """
    steps, states = log_likelihood.shape
    alpha, scale, seen = np.empty((steps, states)), np.empty(steps), np.empty((steps, states))
    total = 0.0
    for t in range(steps):
        top = log_likelihood[t].max()
        total += top
        norm = 0.0
        for k in range(states):
            seen[t, k] = np.exp(log_likelihood[t, k] - top)
            before = first[k]
            if t > 0:
                before = 0.0
                for j in range(states):
                    before += alpha[t - 1, j] * transition[j, k]
            alpha[t, k] = before * seen[t, k]
            norm += alpha[t, k]
        for k in range(states):
            alpha[t, k] /= norm
        scale[t] = norm
        total += np.log(norm)
    beta, later = np.ones(states), np.empty(states)
    for k in range(states):
        posterior[steps - 1, k] = alpha[steps - 1, k]
    for t in range(steps - 2, -1, -1):
        for k in range(states):
            later[k] = seen[t + 1, k] * beta[k] / scale[t + 1]
        norm = 0.0
        for j in range(states):
            reached = 0.0
            for k in range(states):
                move = transition[j, k] * later[k]
                moves[j, k] += alpha[t, j] * move
                reached += move
            beta[j] = reached
            posterior[t, j] = alpha[t, j] * reached
            norm += posterior[t, j]
        for j in range(states):
            posterior[t, j] /= norm
    return total


def sticky(states: int, stay: float = 0.98) -> Float[np.ndarray, "state state"]:
    """Transitions that mostly stay, the rest shared equally."""
    away = (1 - stay) / max(states - 1, 1)
    return np.where(np.eye(states, dtype=bool), stay if states > 1 else 1.0, away)


def counted(moves: Float[np.ndarray, "state state"]) -> Float[np.ndarray, "state state"]:
    """Transitions out of their expected numbers, pooled over all sequences."""
    shares = moves / np.maximum(moves.sum(axis=1, keepdims=True), 1e-300) + FLOOR
    return shares / shares.sum(axis=1, keepdims=True)
