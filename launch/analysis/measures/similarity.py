"""What a representation holds apart: dissimilarities between states, and how two sets of them agree."""

import numpy as np
from jaxtyping import Float
from scipy.sparse.csgraph import shortest_path
from scipy.stats import rankdata

from innervate.errors import ConfigError

Activity = Float[np.ndarray, "state unit"]
Dissimilarity = Float[np.ndarray, "state state"]
Other = Float[np.ndarray, "other other"]
"""Of the same states as the first; checked where the two meet."""


def distances(activity: Activity) -> Dissimilarity:
    """Euclidean distances between the activity in all pairs of states."""
    return np.linalg.norm(activity[:, None] - activity[None], axis=-1)


def correlation_distances(activity: Activity) -> Dissimilarity:
    """One minus the correlation of the activity in all pairs of states; 1 with a state in which all units are alike."""
    apart = 1 - cosines(activity - activity.mean(axis=1, keepdims=True))
    np.fill_diagonal(apart, 0.0)
    return apart


def crossnobis(folds: Float[np.ndarray, "fold state unit"]) -> Dissimilarity:
    """Squared distances cross-validated over repetitions: 0 on average between states that differ by noise alone.

    Mean over all pairs of folds of the product of both folds' differences, a unit (Walther et al. 2016, with the units
    whitened beforehand where their noise is known).
    """
    if len(folds) < 2:
        raise ConfigError(f"Distances are cross-validated between at least two folds; got {len(folds)}.")
    n = len(folds)
    total = folds.sum(axis=0)
    # The sum over different folds is that over all pairs, less each with itself.
    gram = (total @ total.T - np.einsum("fsu,ftu->st", folds, folds)) / (n * (n - 1) * folds.shape[2])
    own = np.diag(gram)
    return own[:, None] + own[None] - gram - gram.T


def cosines(activity: Activity) -> Float[np.ndarray, "state state"]:
    """Cosine similarity of all pairs of states; 0 with a state in which nothing is active."""
    size = np.linalg.norm(activity, axis=1, keepdims=True)
    unit = np.divide(activity, size, out=np.zeros_like(activity), where=size > 0)
    return unit @ unit.T


def rsa(one: Dissimilarity, other: Other) -> float:
    """Representational similarity analysis: Spearman correlation of the pairs' dissimilarities.

    Kriegeskorte, Mur and Bandettini 2008. Each pair counts once; pairs without a finite dissimilarity are left out.
    0 where one of the two is the same everywhere.
    """
    return _correlation(*(rankdata(values) for values in _pairs(one, other)))


def trsa(
    one: Dissimilarity, other: Other, low: float = 0.2, high: float = 0.8, *, ranked: bool = True
) -> float:
    """The same on geo-topological dissimilarities (Lin and Kriegeskorte 2024): who is a neighbour, who is far.

    In each, all below its quantile `low` count as 0 and all above its quantile `high` as 1, linear between: noise among
    the near and geometry among the far are left out. Of ranks, as the authors' code has it, or, not `ranked`, of the
    dissimilarities as they are. Pearson correlation.
    """
    _check_quantiles(low, high)
    return _correlation(*(_geo_topological(values, low, high, ranked) for values in _pairs(one, other)))


def geo_topological(
    dissimilarity: Dissimilarity, low: float = 0.2, high: float = 0.8, *, ranked: bool = True
) -> Dissimilarity:
    """The transform of `trsa` itself, for pictures and for geodesics; 0 with itself."""
    _check_quantiles(low, high)
    upper = np.triu_indices(len(dissimilarity), 1)
    out = np.zeros(dissimilarity.shape)
    out[upper] = _geo_topological(dissimilarity[upper], low, high, ranked)
    return out + out.T


def geodesic(dissimilarity: Dissimilarity, near: float = 0.05) -> tuple[Dissimilarity, float]:
    """Lengths of the shortest ways over near pairs, those below the quantile `near`; and the share without a way.

    Where the graph falls apart, the distance is 1.1 times the longest way there is.
    """
    if not 0 < near <= 1:
        raise ConfigError(f"near is a quantile above 0 and at most 1, got {near}.")
    upper = np.triu_indices(len(dissimilarity), 1)
    edge = dissimilarity <= np.quantile(dissimilarity[upper], near)
    # The graph of scipy takes 0 for no edge; states that are alike are a smallest step apart.
    steps = np.where(edge, np.maximum(dissimilarity, np.finfo(float).tiny), 0.0)
    np.fill_diagonal(steps, 0.0)
    ways = shortest_path(steps, directed=False)
    lost = ~np.isfinite(ways)
    if lost.all():
        raise ConfigError("No two states are near one another; raise near.")
    ways[lost] = 1.1 * ways[~lost].max()
    return ways, float(lost[upper].mean())


def _check_quantiles(low: float, high: float) -> None:
    if not 0 <= low < high <= 1:
        raise ConfigError(f"The quantiles must rise within 0..1, got low={low}, high={high}.")


def _pairs(one: Dissimilarity, other: Other) -> tuple[Float[np.ndarray, "pair"], Float[np.ndarray, "pair"]]:
    if one.shape != other.shape:
        raise ConfigError(f"Both need the same states; got {one.shape[0]} and {other.shape[0]} of them.")
    upper = np.triu_indices(len(one), 1)
    a, b = one[upper], other[upper]
    finite = np.isfinite(a) & np.isfinite(b)
    return a[finite], b[finite]


def _geo_topological(
    values: Float[np.ndarray, "pair"], low: float, high: float, ranked: bool
) -> Float[np.ndarray, "pair"]:
    if ranked:
        values = rankdata(values)
        values = (values - values.min()) / max(np.ptp(values), 1e-300)
    near, far = np.quantile(values, [low, high])
    return (values > near).astype(float) if far == near else np.clip((values - near) / (far - near), 0, 1)


def _correlation(a: Float[np.ndarray, "pair"], b: Float[np.ndarray, "pair"]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else 0.0
