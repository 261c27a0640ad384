"""Dynamic functional connectome: planted components and blocks, traces that go together for a while, and nulls."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from innervate.errors import ConfigError
from innervate.launch.analysis.dynamic.affinity import affinities
from innervate.launch.analysis.dynamic.communities import communities, description_length, graph_of
from innervate.launch.analysis.dynamic.components import decompose, stable
from innervate.launch.analysis.methods.connectome import Config, analyse
from innervate.launch.analysis.recordings.traces import Traces


def planted(seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """A tensor of three known components."""
    rng = np.random.default_rng(seed)
    factors = [np.where(rng.random((n, 3)) < 0.4, rng.random((n, 3)), 0.0) for n in (60, 50, 6)]
    return factors, np.einsum("pr,sr,ar->psa", *factors)


def test_components_of_an_exact_tensor_are_found_and_the_rank_with_them() -> None:
    factors, tensor = planted()
    found = stable(tensor, (1, 2, 3, 4))
    assert found.pattern.shape[1] == 3 and found.stability > 0.98 and found.error < 0.02
    true = factors[0] / np.linalg.norm(factors[0], axis=0)
    assert (found.pattern.T @ true).max(axis=0).min() > 0.99
    whole = np.einsum("pr,sr,ar->psa", found.pattern, found.course, found.share)
    assert np.linalg.norm(whole - tensor) < 0.05 * np.linalg.norm(tensor)


def test_components_are_the_same_for_the_same_seed_and_never_negative() -> None:
    tensor = np.random.default_rng(1).random((20, 15, 4))
    one, other = decompose(tensor, 2, seed=3), decompose(tensor, 2, seed=3)
    np.testing.assert_array_equal(one.pattern, other.pattern)
    assert min(one.pattern.min(), one.course.min(), one.share.min()) >= 0


def test_blocks_of_exponential_weights_are_found_and_noise_is_one_block() -> None:
    rng = np.random.default_rng(0)
    true = np.repeat([0, 1, 2], [20, 12, 8])
    mean = np.where(true[:, None] == true[None], 1.0, 0.2)
    graph = rng.exponential(mean)
    graph = np.triu(graph, 1) + np.triu(graph, 1).T
    np.testing.assert_array_equal(communities(graph), true)
    noise = np.triu(rng.exponential(1.0, (40, 40)), 1)
    assert communities(noise + noise.T).max() == 0
    # By hand: one block, of which 0.5 log(pairs) nats are its mean's.
    weights = graph + 0.1
    upper = weights[np.triu_indices(40, 1)]
    length = len(upper) * (np.log(upper.mean()) + 1) + 0.5 * np.log(len(upper))
    np.fill_diagonal(weights, 0.0)
    assert description_length(weights, np.zeros(40, np.int64)) == pytest.approx(length)


def bouts(seed: int, together: bool) -> Traces:
    """Twelve neurons of which the first six share a signal from second 20 to 40, where they do."""
    rng = np.random.default_rng(seed)
    x = gaussian_filter1d(rng.normal(size=(600, 12)), 3, axis=0)
    signal = gaussian_filter1d(rng.normal(size=600), 3)
    if together:
        x[200:400, :6] += 2 * signal[200:400, None] * rng.choice([-1, 1], 6)
    return Traces(0.1, tuple(f"n{i}" for i in range(12)), x)


def test_who_changes_together_when_is_found_and_shifted_traces_hold_nothing() -> None:
    found = analyse([bouts(seed, True) for seed in range(4)], Config(components=2))
    inside = np.isin(np.triu_indices(12, 1), np.arange(6)).all(axis=0)
    # The component whose pairs are within the six; the other holds what goes together by chance.
    k = int(found.found.pattern[inside].sum(axis=0).argmax())
    assert found.found.pattern[inside, k].sum() > 0.7 * found.found.pattern[:, k].sum()
    course = found.found.course[:, k]
    assert course[220:380].mean() > 4 * np.r_[course[:150], course[450:]].mean()
    assert len(set(found.block[k][:6].tolist())) == 1 and found.block[k][0] not in found.block[k][6:]
    null = np.mean([affinities(bouts(seed, False).activity, 0.1) for seed in range(4)])
    real = affinities(bouts(0, True).activity, 0.1)[inside][:, 220:380].mean()
    assert real > 5 * null


def test_a_graph_of_pairs() -> None:
    graph = graph_of(np.array([1.0, 2.0, 3.0]), 3)
    np.testing.assert_array_equal(graph, [[0, 1, 2], [1, 0, 3], [2, 3, 0]])


def test_what_cannot_be_taken_apart_is_told() -> None:
    for tensor in (np.zeros((3, 3, 3)), -np.ones((3, 3, 3)), np.full((3, 3, 3), np.nan)):
        with pytest.raises(ConfigError, match="finite numbers of 0 or more"):
            decompose(tensor, 1)
    longer = bouts(0, True)
    with pytest.raises(ConfigError, match="one length"):
        analyse([longer, Traces(0.1, longer.neurons, longer.activity[:300])], Config())
    with pytest.raises(ConfigError, match="square graph"):
        communities(np.ones((2, 3)))
    with pytest.raises(ConfigError, match="above 0 s"):
        affinities(np.ones((30, 2)), 0.1, smooth_s=0.0)
