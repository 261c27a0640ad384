"""Kernels of `stream.DelayStream`; `delays.DelayLayer.forward` is the definition."""

import numpy as np

from innervate.kernels import fast


@fast
def add_events(
    ring: np.ndarray,
    slot: int,
    column: np.ndarray,
    row: np.ndarray,
    polarity: np.ndarray,
    begin: np.ndarray,
    offset: np.ndarray,
    first: np.ndarray,
    weight: np.ndarray,
) -> None:
    """Add the synapses of each event to the ticks in which they are heard.

    `ring` is (delay, place and channel); runs `begin[polarity, delay]` to the next have an `offset` from the event's
    place and weights from `first` on.
    """
    delays, width, channels = ring.shape[0], ring.shape[2], ring.shape[3]
    flat = ring.reshape(-1)
    slice_size = ring.shape[1] * width * channels
    for delay in range(delays):  # outside: the picture of one delay stays in the cache
        base = ((slot + delay) % delays) * slice_size
        for event in range(len(column)):
            place = base + (row[event] * width + column[event]) * channels
            for run in range(begin[polarity[event], delay], begin[polarity[event], delay + 1]):
                at, low, length = place + offset[run], first[run], first[run + 1] - first[run]
                for k in range(length):
                    flat[at + k] += weight[low + k]


@fast
def read_out(ring: np.ndarray, slot: int, margin: int, bias: np.ndarray, out: np.ndarray) -> None:
    """Take the current tick out of the ring: the larger polarity, and the bias; what is taken is empty again."""
    classes, channels, width = len(bias), ring.shape[3], ring.shape[2]
    flat, told = ring[slot].reshape(-1), out.reshape(-1)
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            here = ((row + margin) * width + column + margin) * channels
            there = (row * out.shape[1] + column) * classes
            for k in range(classes):
                told[there + k] = max(flat[here + k], flat[here + classes + k]) + bias[k]
    for k in range(len(flat)):
        flat[k] = 0.0
