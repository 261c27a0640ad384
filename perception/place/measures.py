"""How well places are recognised: recall at N, precision-recall, recall at full precision; ties and gaps included.

Definitions: Schubert, Neubert, Garg, Milford and Fischer, "Visual place recognition: a tutorial" (2023). Recall is
over all queries that have a true place in the map; a query without one can only be a false alarm.
"""

from dataclasses import dataclass
from math import comb

import numpy as np
from jaxtyping import Bool, Float

from innervate.errors import ConfigError


def diagonal_truth(queries: int, places: int, tolerance: int = 0) -> Bool[np.ndarray, "query place"]:
    """Query i shows place i, or any within `tolerance` of it; counts may differ (later queries have no true place)."""
    return np.abs(np.subtract.outer(np.arange(queries), np.arange(places))) <= tolerance


def truth_from_indices(
    indices: np.ndarray, places: int, tolerance: int = 0
) -> Bool[np.ndarray, "query place"]:
    """Query i shows place `indices[i]`, give or take `tolerance`; a negative index says that it is not in the map."""
    near = np.abs(np.subtract.outer(indices, np.arange(places))) <= tolerance
    return near & (indices >= 0)[:, None]


def _check(scores: np.ndarray, truth: np.ndarray) -> None:
    if scores.shape != truth.shape:
        raise ConfigError(f"Scores are (query, place) = {scores.shape} but the ground truth is {truth.shape}.")
    if not truth.any():
        raise ConfigError("No query has a true place in the map: recall is not defined.")
    if not np.isfinite(scores).all():
        raise ConfigError(f"Scores of query {int(np.argmin(np.isfinite(scores).all(1)))} are not finite.")


def recall_at(
    scores: Float[np.ndarray, "query place"], truth: Bool[np.ndarray, "_ _"], n: int = 1
) -> float:
    """Fraction of the queries with a true place that have one among their `n` best places.

    Ties are broken by a fair coin, exactly: what counts is the probability, so constant scores earn n / places.
    """
    _check(scores, truth)
    total = 0.0
    answerable = truth.any(1)
    for row, true in zip(scores[answerable], truth[answerable], strict=True):
        best = row[true].max()
        free = n - int((row > best).sum())  # seats left for those that tie with the best true place
        if free <= 0:
            continue
        right, wrong = int(((row == best) & true).sum()), int(((row == best) & ~true).sum())
        total += 1.0 - comb(wrong, free) / comb(wrong + right, free) if wrong >= free else 1.0
    return total / int(answerable.sum())


@dataclass(frozen=True)
class PrecisionRecall:
    """The exact curve: one point for every distinct confidence, strictest first."""

    precision: Float[np.ndarray, "threshold"]
    recall: Float[np.ndarray, "threshold"]

    @property
    def area(self) -> float:
        """Area under the curve as the sum of precision times gain in recall (average precision)."""
        return float(np.sum(self.precision * np.diff(self.recall, prepend=0.0)))

    @property
    def recall_at_full_precision(self) -> float:
        """The largest recall at which not one accepted answer is wrong (R@100P)."""
        perfect = self.precision == 1.0
        return float(self.recall[perfect].max()) if perfect.any() else 0.0


def precision_recall(
    scores: Float[np.ndarray, "query place"],
    truth: Bool[np.ndarray, "_ _"],
    confidence: Float[np.ndarray, "query"] | None = None,
) -> PrecisionRecall:
    """Accept the best place of each query, the most confident first (`margin_confidence` unless given)."""
    _check(scores, truth)
    sure = margin_confidence(scores) if confidence is None else confidence
    right = truth[np.arange(len(scores)), scores.argmax(1)]
    order = np.argsort(-sure, kind="stable")
    last = np.append(np.diff(sure[order]) != 0, True)  # equal confidences are accepted together
    hits = np.cumsum(right[order])[last]
    accepted = (np.flatnonzero(last) + 1).astype(float)
    return PrecisionRecall(hits / accepted, hits / float(truth.any(1).sum()))


def margin_confidence(scores: Float[np.ndarray, "query place"]) -> Float[np.ndarray, "query"]:
    """How far the best place stands out: its lead over the second, as a share of its lead over the mean rival; 0 to 1.

    The same whether scores are scaled or shifted, so it can be compared between queries. One place alone has no
    rival to stand out from: 0. Of two places the one rival is the mean rival, so that any lead gives 1.
    """
    if scores.shape[1] == 1:
        return np.zeros(len(scores))
    second, best = np.partition(scores.astype(np.float64), -2, axis=1)[:, -2:].T
    height = best - (scores.sum(1, dtype=np.float64) - best) / (scores.shape[1] - 1)
    return np.where(height > 0, (best - second) / np.where(height > 0, height, 1.0), 0.0).clip(0.0, 1.0)
