"""States of a switching circuit: the chain against enumeration, the fit against worlds whose states are known."""

import itertools
from typing import Any

import numpy as np
import pytest

from innervate.errors import ConfigError
from innervate.launch.analysis.switching.chain import counted, smooth, sticky
from innervate.launch.analysis.switching.fit import SwitchingConfig, fit
from innervate.launch.analysis.switching.history import history, kernel
from innervate.launch.analysis.switching.matching import matched
from innervate.launch.analysis.switching.simulate import world


def test_the_chain_is_that_of_all_paths_together() -> None:
    rng = np.random.default_rng(0)
    logs, first = rng.normal(size=(6, 3)), np.array([0.2, 0.5, 0.3])
    moves = rng.dirichlet(np.ones(3), size=3)
    posterior, expected = np.zeros((6, 3)), np.zeros((3, 3))
    total = smooth(logs, moves, first, posterior, expected)
    whole, seen, moved = 0.0, np.zeros((6, 3)), np.zeros((3, 3))
    for path in itertools.product(range(3), repeat=6):
        weight = first[path[0]] * np.exp(sum(logs[t, k] for t, k in enumerate(path)))
        weight *= np.prod([moves[a, b] for a, b in itertools.pairwise(path)])
        whole += weight
        for t, k in enumerate(path):
            seen[t, k] += weight
        for a, b in itertools.pairwise(path):
            moved[a, b] += weight
    assert total == pytest.approx(np.log(whole), abs=1e-12)
    np.testing.assert_allclose(posterior, seen / whole, atol=1e-12)
    np.testing.assert_allclose(expected, moved / whole, atol=1e-12)


def test_transitions_are_shares_and_none_is_impossible() -> None:
    found = counted(np.array([[9.0, 1.0], [0.0, 5.0]]))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert 0 < found[1, 0] < 1e-3 and found[0, 1] == pytest.approx(0.1, abs=1e-3)
    np.testing.assert_allclose(sticky(4).sum(axis=1), 1)
    np.testing.assert_array_equal(sticky(1), [[1.0]])


def test_the_past_is_the_published_kernel_of_the_last_five_steps() -> None:
    np.testing.assert_allclose(kernel(), [0.636, 0.234, 0.086, 0.032, 0.012], atol=5e-4)
    pulse = np.zeros((8, 1))
    pulse[1] = 1.0
    np.testing.assert_allclose(history(pulse)[:, 0], [0, 0, *kernel(), 0])


def scores(prior: Any, steps: int) -> tuple[float, float, float]:
    """Share of steps in the right state, correlation of the shared graph, held-out likelihood."""
    made = world(3, steps, neurons=10, states=3)
    found = fit([made.spikes], SwitchingConfig(states=3, prior=prior), made.graph if prior == "anatomy" else None)
    return (
        matched(found.state[0], made.state)[1],
        float(np.corrcoef(found.weights.mean(axis=0).ravel(), made.graph.ravel())[0, 1]),
        found.held_out,
    )


def test_states_are_found_and_a_belief_helps_where_data_are_short() -> None:
    alone, shared, known = (scores(prior, 2000) for prior in ("none", "gaussian", "anatomy"))
    assert shared[0] > 0.85 and shared[1] > 0.75
    assert known[1] > shared[1] > alone[1]
    assert min(known[2], shared[2]) > alone[2]  # held out
    # The null: steps in any order have no states that last.
    made = world(3, 3000, neurons=10, states=3)
    order = np.random.default_rng(0).permutation(3000)
    mixed = fit([made.spikes[order]], SwitchingConfig(states=3, starts=1, rounds=15))
    assert matched(mixed.state[0], made.state[order])[1] < 0.6


def test_signs_of_the_one_hot_prior_are_hard() -> None:
    made = world(1, 1500, neurons=6, states=2)
    found = fit([made.spikes], SwitchingConfig(states=2, prior="onehot", starts=1, rounds=15))
    assert (found.weights == 0).mean() > 0.2
    assert matched(found.state[0], made.state)[1] > 0.6


def test_rates_are_fitted_by_a_gaussian_and_several_recordings_together() -> None:
    rng = np.random.default_rng(0)
    weights = np.array([[[0.0, 0.9], [-0.9, 0.0]], [[0.0, -0.9], [0.9, 0.0]]])
    recordings, states = list[np.ndarray](), list[np.ndarray]()
    for _ in range(2):
        state = np.repeat(rng.integers(0, 2, 20), 100)
        x = np.zeros((2000, 2))
        for t in range(5, 2000):
            x[t] = weights[state[t]] @ (kernel() @ x[t - 5 : t][::-1]) + rng.normal(size=2)
        recordings.append(x)
        states.append(state)
    found = fit(recordings, SwitchingConfig(states=2, counts=False, prior="none"))
    pairs, share = matched(np.concatenate(found.state), np.concatenate(states))
    assert share > 0.85
    for one, known in pairs.items():
        np.testing.assert_allclose(found.weights[one], weights[known], atol=0.2)


@pytest.mark.parametrize(
    ("sequences", "options", "said"),
    [
        ([], {}, "no recording"),
        ([np.ones((99, 2)), np.ones((99, 3))], {}, "same neurons"),
        ([np.ones((99, 1))], {}, "at least two"),
        ([np.ones((9, 2))], {}, "too short"),
        ([np.full((99, 2), np.nan)], {}, "not finite"),
        ([np.ones((99, 2))], {}, "never changes"),
        ([np.random.default_rng(0).random((99, 2))], {}, "counts=False"),
        ([np.random.default_rng(0).poisson(1.0, (99, 2))], {"prior": "anatomy"}, "none was given"),
        ([np.random.default_rng(0).poisson(1.0, (99, 2))], {"states": 0}, "1 or more"),
        ([np.random.default_rng(0).poisson(1.0, (99, 2))], {"prior": "onehot", "counts": False}, "of spike counts"),
    ],
)
def test_what_cannot_be_fitted_is_told(sequences: list[np.ndarray], options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        fit(sequences, SwitchingConfig(**options))
