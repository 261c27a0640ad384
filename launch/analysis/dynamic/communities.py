"""Communities of a weighted graph: blocks of neurons between which weights are exponential with a mean of their own.

A stochastic block model with exponential weights (Aicher, Jacobs and Clauset 2015); how many blocks there are is what
describes the graph in the fewest nats. Moves of single neurons from several beginnings.
"""

import numpy as np
from jaxtyping import Float, Int

from innervate.errors import ConfigError

SWEEPS, BEGINNINGS = 30, 4
FLOOR = 0.3
"""Added to every weight, over the mean weight: near 0 an exponential tells weights apart that noise made."""


def graph_of(pairs: Float[np.ndarray, "pair"], neurons: int) -> Float[np.ndarray, "neuron neuron"]:
    """The symmetric matrix of values in the order of `numpy.triu_indices(neurons, 1)`, 0 with itself."""
    graph = np.zeros((neurons, neurons))
    graph[np.triu_indices(neurons, 1)] = pairs
    return graph + graph.T


def communities(
    graph: Float[np.ndarray, "neuron neuron"], *, most: int = 8, seed: int = 0
) -> Int[np.ndarray, "neuron"]:
    """The block of each neuron, the largest block first."""
    if graph.ndim != 2 or graph.shape[0] != graph.shape[1] or len(graph) < 2 or not np.isfinite(graph).all():
        raise ConfigError(f"Communities are of a square graph of finite weights, got shape {graph.shape}.")
    if (graph < 0).any():
        raise ConfigError("Weights of 0 or more are needed: how strongly two neurons go together.")
    rng, best, least = np.random.default_rng(seed), np.zeros(len(graph), np.int64), np.inf
    weights = (graph + graph.T) / 2
    np.fill_diagonal(weights, 0.0)
    weights = weights + FLOOR * max(float(weights.mean()), 1e-12)
    np.fill_diagonal(weights, 0.0)
    for blocks in range(1, min(most, len(graph)) + 1):
        for start in range(BEGINNINGS if blocks > 1 else 1):
            label = _spectral(weights, blocks) if start == 0 else rng.integers(blocks, size=len(graph))
            label = _moved(weights, label.copy(), blocks, rng)
            length = description_length(weights, label)
            if length < least - 1e-9:
                best, least = label, length
    _, label, sizes = np.unique(best, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[label]


def description_length(weights: Float[np.ndarray, "neuron neuron"], label: Int[np.ndarray, "neuron"]) -> float:
    """Nats for the weights under the blocks' means, and for blocks and means themselves."""
    blocks, n = int(label.max()) + 1, len(label)
    member = np.eye(blocks)[label]
    total, size = member.T @ weights @ member, member.sum(axis=0)
    pairs = np.outer(size, size) - np.diag(size)
    rows, columns = np.triu_indices(blocks)
    half = np.where(rows == columns, 0.5, 1.0)
    count, amount = half * pairs[rows, columns], half * total[rows, columns]
    used = count > 0
    mean = amount[used] / count[used]
    data = float((count[used] * (np.log(mean) + 1)).sum())
    return data + 0.5 * float(np.log(np.maximum(count[used], 1)).sum()) + n * np.log(max(blocks, 1))


def _moved(
    weights: Float[np.ndarray, "neuron neuron"], label: Int[np.ndarray, "neuron"], blocks: int, rng: np.random.Generator
) -> Int[np.ndarray, "neuron"]:
    """Each neuron in turn where it describes the graph best, until none wants to move."""
    for _ in range(SWEEPS):
        still = True
        member = np.eye(blocks)[label]
        for neuron in rng.permutation(len(label)):
            member[neuron] = 0.0
            size = member.sum(axis=0)
            to = weights[neuron] @ member  # summed weights to each block
            total = member.T @ weights @ member
            lengths = np.array([_length(total, size, to, block) for block in range(blocks)])
            chosen = int(lengths.argmin())
            still &= chosen == label[neuron]
            label[neuron] = chosen
            member[neuron, chosen] = 1.0
        if still:
            break
    return label


def _length(total: np.ndarray, size: np.ndarray, to: np.ndarray, block: int) -> float:
    """Nats for all weights with one more neuron in a block."""
    size, total = size.copy(), total.copy()
    size[block] += 1
    total[block] += to
    total[:, block] += to
    pairs = np.outer(size, size) - np.diag(size)
    rows, columns = np.triu_indices(len(size))
    half = np.where(rows == columns, 0.5, 1.0)
    count, amount = half * pairs[rows, columns], half * total[rows, columns]
    used = (count > 0) & (amount > 0)
    return float((count[used] * np.log(amount[used] / count[used])).sum())


def _spectral(weights: Float[np.ndarray, "neuron neuron"], blocks: int) -> Int[np.ndarray, "neuron"]:
    """A beginning: neurons by the nearest of `blocks` corners of the leading eigenvectors."""
    _, vectors = np.linalg.eigh(weights)
    lead = vectors[:, -blocks:]
    corners = [int(np.linalg.norm(lead, axis=1).argmax())]
    while len(corners) < blocks:
        far = np.min(np.linalg.norm(lead[:, None] - lead[corners][None], axis=2), axis=1)
        corners.append(int(far.argmax()))
    return np.linalg.norm(lead[:, None] - lead[corners][None], axis=2).argmin(axis=1)
