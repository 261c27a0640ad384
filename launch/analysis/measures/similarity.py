"""What a representation holds apart: dissimilarities between states, and how two sets of them agree."""

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

from innervate.errors import ConfigError

Activity = Float[np.ndarray, "state unit"]
Dissimilarity = Float[np.ndarray, "state state"]
Other = Float[np.ndarray, "other other"]
"""Of the same states as the first; checked where the two meet."""


def distances(activity: Activity) -> Dissimilarity:
    """Euclidean distances between the activity in all pairs of states."""
    return np.linalg.norm(activity[:, None] - activity[None], axis=-1)


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


def trsa(one: Dissimilarity, other: Other, low: float = 0.1, high: float = 0.5) -> float:
    """The same on geo-topological dissimilarities (Lin and Kriegeskorte 2024): who is a neighbour, who is far.

    In each, all below its quantile `low` count as 0 and all above its quantile `high` as 1, linear between: noise among
    the near and geometry among the far are left out. Pearson correlation.
    """
    if not 0 <= low < high <= 1:
        raise ConfigError(f"The quantiles must rise within 0..1, got low={low}, high={high}.")
    return _correlation(*(_geo_topological(values, low, high) for values in _pairs(one, other)))


def _pairs(one: Dissimilarity, other: Other) -> tuple[Float[np.ndarray, "pair"], Float[np.ndarray, "pair"]]:
    if one.shape != other.shape:
        raise ConfigError(f"Both need the same states; got {one.shape[0]} and {other.shape[0]} of them.")
    upper = np.triu_indices(len(one), 1)
    a, b = one[upper], other[upper]
    finite = np.isfinite(a) & np.isfinite(b)
    return a[finite], b[finite]


def _geo_topological(values: Float[np.ndarray, "pair"], low: float, high: float) -> Float[np.ndarray, "pair"]:
    near, far = np.quantile(values, [low, high])
    return (values > near).astype(float) if far == near else np.clip((values - near) / (far - near), 0, 1)


def _correlation(a: Float[np.ndarray, "pair"], b: Float[np.ndarray, "pair"]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else 0.0
