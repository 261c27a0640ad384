"""Evidence over several frames: the best way through the last few frames that a vehicle could have driven.

SeqSLAM (Milford and Wyeth, 2012) sums scores along straight lines through the matrix of queries and places; the
published spiking system does so for one line only (one place a frame). Here a path is any walk whose steps a vehicle
could have made, forwards or backwards, found by dynamic programming: it bends with speed and jumps dropped frames.
Everything is causal: the answer for a frame uses that frame and those before it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32

from innervate.errors import ConfigError
from innervate.kernels import exact


@dataclass(frozen=True, kw_only=True)
class Motion:
    """How far along the map one frame may lead, in places; the sign of a step is the direction."""

    slowest: int = 1
    fastest: int = 1
    backwards: bool = False
    """Whether the route may also be driven the other way; a path keeps one direction."""
    usual: int = 1
    """The step that costs nothing."""
    cost: float = 0.0
    """What each place more or less than `usual` costs, in standard deviations of a row of scores."""

    def __post_init__(self) -> None:
        if not 0 <= self.slowest <= self.fastest:
            raise ConfigError(f"Steps go from slowest to fastest, both at least 0, not {self.slowest}..{self.fastest}.")


STEADY = Motion()
"""One place a frame, as SeqSLAM's identity kernel."""
ANY_DRIVE = Motion(slowest=0, fastest=8, backwards=True, cost=0.2)
"""Slower, faster, with dropped frames, in either direction."""
Drive = Literal["auto", "steady", "any"]
"""By the names that options have."""
SHUFFLES = 4
"""Orders of the queries in which there is no drive at all, to tell what a search finds where there is nothing."""


def standardised(scores: Float[np.ndarray, "query place"]) -> Float32[np.ndarray, "query place"]:
    """Each query's scores less their mean, in their standard deviations, so that no frame is louder than another."""
    centred = scores - scores.mean(1, keepdims=True)
    deviation = centred.std(1, keepdims=True)
    return (centred / np.where(deviation > 0, deviation, 1.0)).astype(np.float32)


@exact
def _best_paths(
    rows: Float32[np.ndarray, "query place"], length: int, slowest: int, fastest: int, usual: int, cost: float, way: int
) -> Float32[np.ndarray, "query place"]:
    queries, places = rows.shape
    out = np.empty_like(rows)
    fresh = np.empty(places, np.float32)
    for q in range(queries):
        begin = max(0, q - length + 1)
        best = rows[begin].copy()
        for k in range(begin + 1, q + 1):
            fresh[:] = np.float32(-1e30)
            for step in range(slowest, fastest + 1):
                price = np.float32(cost * abs(step - usual))
                shift = step * way
                low, high = max(0, shift), min(places, places + shift)
                for p in range(low, high):
                    fresh[p] = max(fresh[p], best[p - shift] - price)
            for p in range(places):
                if fresh[p] < np.float32(-1e29):  # only from off the map, of which nothing is known: an average past
                    fresh[p] = np.float32(0)
                fresh[p] += rows[k, p]
            best, fresh = fresh, best
        out[q] = best / np.float32(q + 1 - begin)
    return out


def sequence_scores(
    scores: Float[np.ndarray, "query place"], length: int, motion: Motion = STEADY
) -> Float32[np.ndarray, "query place"]:
    """Evidence of the best path of at most `length` frames that ends at each place with each query.

    In standard deviations of a row, averaged over the path. The first `length - 1` queries have shorter pasts.
    """
    if length < 1:
        raise ConfigError(f"A sequence has at least 1 frame, not {length}.")
    rows = standardised(scores)
    ways = (1, -1) if motion.backwards else (1,)
    paths = [
        _best_paths(rows, length, motion.slowest, motion.fastest, motion.usual, motion.cost, way) for way in ways
    ]
    return np.maximum.reduce(paths)


def drive_scores(
    scores: Float[np.ndarray, "query place"], length: int, drive: Drive = "auto"
) -> Float32[np.ndarray, "query place"]:
    """`sequence_scores` of a drive that is steady, or any; `auto` finds out which, frame by frame.

    The wider a search, the more it finds by chance: each kind of drive is therefore measured by its evidence above what
    it finds in the same queries in random orders (seeded), and each frame is answered by the one that stands higher,
    where the last `length` frames weigh as much as all of them. Rows of `auto` are less that level, so that answers of
    both kinds compare. The choice needs the whole drive; the paths are causal.
    """
    if drive != "auto":
        return sequence_scores(scores, length, STEADY if drive == "steady" else ANY_DRIVE)
    if len(scores) <= length or length < 2:
        return sequence_scores(scores, length, ANY_DRIVE)  # too few frames to tell
    orders = [np.random.default_rng(k).permutation(len(scores)) for k in range(SHUFFLES)]
    paths: list[np.ndarray] = []
    for motion in (STEADY, ANY_DRIVE):
        by_chance = [sequence_scores(scores[order], length, motion).max(1)[length - 1 :].mean() for order in orders]
        paths.append(sequence_scores(scores, length, motion) - np.float32(np.mean(by_chance)))
    lead = paths[0].max(1) - paths[1].max(1)
    total, end = np.cumsum(np.concatenate([[0.0], lead])), np.arange(1, len(scores) + 1)
    begin = np.maximum(end - length, 0)
    lately = (total[end] - total[begin]) / (end - begin)
    steady = lately + lead[length - 1 :].mean() >= 0
    return np.where(steady[:, None], paths[0], paths[1])
