"""Worlds whose states are known: spiking neurons whose graph switches, to hold the fit against."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit

from .chain import sticky
from .history import kernel


@dataclass(frozen=True)
class World:
    """Spikes, and what made them."""

    spikes: Float[np.ndarray, "step neuron"]
    state: Int[np.ndarray, "step"]
    weights: Float[np.ndarray, "state neuron neuron"]
    graph: Float[np.ndarray, "neuron neuron"]
    """Signed, common to all states; each keeps a part of it."""


def world(
    seed: int, steps: int, *, neurons: int = 16, states: int = 4, share: float = 0.3, kept: float = 0.6
) -> World:
    """A signed graph of which each state keeps a part, and spikes at rate sigmoid(b + W h)."""
    rng = np.random.default_rng(seed)
    sign = np.where(rng.random((1, neurons)) < 0.5, 1.0, -1.0)  # of the neuron that acts
    graph = sign * (rng.random((neurons, neurons)) < share)
    np.fill_diagonal(graph, 0.0)
    strength = 1.5 + 2.5 * rng.random((states, neurons, neurons))
    weights = graph * strength * (rng.random((states, neurons, neurons)) < kept)
    constant = rng.normal(-1.0, 0.3, neurons)
    lags, moves = kernel(), sticky(states)
    spikes, state = np.zeros((steps + len(lags), neurons)), np.zeros(steps, np.int64)
    now = int(rng.integers(states))
    for t in range(steps):
        now = int(rng.choice(states, p=moves[now]))
        past = lags @ spikes[t : t + len(lags)][::-1]
        spikes[t + len(lags)] = rng.poisson(expit(constant + weights[now] @ past))
        state[t] = now
    return World(spikes[len(lags) :], state, weights, graph)
