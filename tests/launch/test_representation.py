"""Measures of representations, on representations whose measure is known."""

import numpy as np
import pytest

from innervate.envs.mazes import Maze, open_room
from innervate.errors import ConfigError
from innervate.launch.analysis.measures.layers import identification, noise_ceiling
from innervate.launch.analysis.measures.place_fields import backward_shift, centres
from innervate.launch.analysis.measures.prediction_skill import prediction_r2
from innervate.launch.analysis.measures.similarity import (
    correlation_distances,
    cosines,
    crossnobis,
    distances,
    geo_topological,
    geodesic,
    rsa,
    trsa,
)
from innervate.launch.analysis.measures.splitter import condition_correlation

ROOM = Maze.on(open_room(6), np.random.default_rng(0))


def bumps(centre: np.ndarray, positions: int = 40, width: float = 3.0) -> np.ndarray:
    away = (np.arange(positions)[:, None] - centre + positions / 2) % positions - positions / 2
    return np.exp(-((away / width) ** 2) / 2)


def test_a_map_of_the_room_is_similar_to_its_paths_and_a_shuffled_one_is_not() -> None:
    paths = ROOM.distances()
    drawn = distances(ROOM.cells.astype(float))
    mixed = distances(np.random.default_rng(1).permutation(ROOM.cells).astype(float))
    assert rsa(drawn, paths) > 0.9
    assert trsa(drawn, paths) > 0.9 and trsa(drawn, paths, 0.1, 0.5, ranked=False) > 0.9
    assert abs(rsa(mixed, paths)) < 0.2
    assert rsa(drawn, drawn) == pytest.approx(1)
    assert rsa(drawn, -drawn) == pytest.approx(-1)


def test_rank_correlation_ignores_any_rising_scale_and_trsa_what_lies_beyond_its_quantiles() -> None:
    drawn = distances(np.random.default_rng(1).standard_normal((20, 3)))
    assert rsa(drawn, np.exp(drawn)) == pytest.approx(1)
    far = np.quantile(drawn[np.triu_indices(20, 1)], 0.6)
    stretched = np.where(drawn > far, 100 * drawn, drawn)
    assert trsa(drawn, stretched, 0.1, 0.5, ranked=False) == pytest.approx(1, abs=1e-3)
    assert trsa(drawn, np.ones((20, 20))) == 0


def test_pairs_without_a_path_are_left_out() -> None:
    drawn = distances(np.random.default_rng(1).standard_normal((8, 2)))
    walled = drawn.copy()
    walled[0, 1:] = walled[1:, 0] = np.inf
    assert rsa(walled, drawn) == pytest.approx(1)


def test_cosines() -> None:
    values = cosines(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]))
    np.testing.assert_allclose(values, [[1, 0.5**0.5, 0], [0.5**0.5, 1, 0], [0, 0, 0]], atol=1e-12)


@pytest.mark.parametrize("moved", [-4.0, 0.0, 2.5, 6.0])
def test_a_field_that_moves_back_by_some_cells_is_measured_so(moved: float) -> None:
    """Also across the seam of the ring."""
    centre = np.array([1.0, 2.0, 17.3, 38.0])
    np.testing.assert_allclose(centres(bumps(centre)), centre, atol=1e-6)
    np.testing.assert_allclose(backward_shift(bumps(centre), 3 * bumps(centre - moved) + 1), moved, atol=1e-6)


def test_a_unit_that_fires_everywhere_has_no_centre() -> None:
    assert np.isnan(centres(np.ones((10, 1)))[0])


def test_splitters_are_what_differs_between_two_ways() -> None:
    rng = np.random.default_rng(0)
    same = rng.standard_normal((5, 200))
    other = same.copy()
    other[-1] = rng.standard_normal(200)
    correlation = condition_correlation(same, other)
    np.testing.assert_allclose(correlation[:-1], 1)
    assert abs(correlation[-1]) < 0.2
    assert condition_correlation(np.ones((1, 3)), same[:1, :3])[0] == 0


def stay(latent: np.ndarray, action: np.ndarray) -> np.ndarray:
    return latent + 0 * action[:, None]


def test_a_perfect_model_foresees_all_of_a_walk() -> None:
    """z' = A z + b[action], with A a rotation."""
    rng = np.random.default_rng(0)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    push = rng.standard_normal((4, 2))
    actions = rng.integers(4, size=(500, 4))
    walk = [rng.standard_normal((500, 2))]
    for step in range(4):
        walk.append(walk[-1] @ turn.T + push[actions[:, step]])

    def walks(latent: np.ndarray, action: np.ndarray) -> np.ndarray:
        return latent @ turn.T + push[action]

    np.testing.assert_allclose(prediction_r2(walks, np.stack(walk, 1), actions), 1)


def test_standing_still_on_a_turning_latent_has_the_r2_of_its_angle() -> None:
    """Centred latents that turn by theta a step: R2 = 1 - |I - A^k|^2 = 2 cos(k theta) - 1."""
    start = np.random.default_rng(0).standard_normal((500, 2))
    start -= start.mean(0)
    theta = 0.3
    angles = theta * np.arange(5)
    turns = np.array([[[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]] for a in angles])
    latents = np.einsum("kij,nj->nki", turns, start)
    found = prediction_r2(stay, latents, np.zeros((500, 4), dtype=int))
    np.testing.assert_allclose(found, 2 * np.cos(angles[1:]) - 1)


def test_the_mean_explains_nothing() -> None:
    after = np.random.default_rng(0).standard_normal((500, 1, 2))
    before = np.repeat(after.mean(0, keepdims=True), 500, 0)
    found = prediction_r2(stay, np.concatenate([before, after], 1), np.zeros((500, 1), dtype=int))
    np.testing.assert_allclose(found, 0, atol=1e-12)


def test_mismatched_states_are_refused() -> None:
    with pytest.raises(ConfigError, match="got 3 and 4"):
        rsa(np.zeros((3, 3)), np.zeros((4, 4)))
    with pytest.raises(ConfigError, match="must rise"):
        trsa(np.zeros((3, 3)), np.zeros((3, 3)), low=0.9)


def test_the_ranked_transform_is_that_of_the_authors() -> None:
    """Lin and Kriegeskorte 2024: ranks from 0 to 1, 0 below the lower quantile, 1 above the upper, linear between."""
    drawn = correlation_distances(np.random.default_rng(2).standard_normal((14, 6)))
    upper = np.triu_indices(14, 1)
    order = drawn[upper].argsort().argsort() / (len(upper[0]) - 1)  # no two are equal
    low, high = np.quantile(order, [0.2, 0.8])
    expected = np.interp(order, [low, high], [0.0, 1.0])
    np.testing.assert_allclose(geo_topological(drawn)[upper], expected, atol=1e-9)
    other = drawn**3
    assert trsa(drawn, other) == pytest.approx(1, abs=1e-12)
    assert trsa(drawn, other, ranked=False) < 0.999


def test_geodesics_follow_a_ring_and_say_what_cannot_be_reached() -> None:
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = distances(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    ways, lost = geodesic(ring, near=0.1)  # 19 of 190 pairs, and those that are equal: the 20 neighbours
    steps = np.abs(np.arange(20)[:, None] - np.arange(20))
    np.testing.assert_allclose(ways, np.minimum(steps, 20 - steps) * ring[0, 1], atol=1e-9)
    assert lost == 0
    apart = distances(np.array([[0.0], [0.1], [5.0], [5.1]]))
    ways, lost = geodesic(apart, near=0.3)
    assert lost == pytest.approx(4 / 6) and ways[0, 2] == pytest.approx(0.11)
    with pytest.raises(ConfigError, match="quantile"):
        geodesic(apart, near=0.0)


def test_cross_validated_distances_are_zero_between_states_that_only_noise_tells_apart() -> None:
    rng = np.random.default_rng(0)
    means = np.array([[0.0] * 200, [0.0] * 200, [1.0] * 200])
    folds = means + rng.normal(size=(8, 3, 200))
    found = crossnobis(folds)
    assert abs(found[0, 1]) < 0.05 and found[0, 2] == pytest.approx(1, abs=0.1)
    pairs = [(a, b) for a in range(8) for b in range(8) if a != b]
    by_hand = np.mean([(folds[a, 0] - folds[a, 2]) @ (folds[b, 0] - folds[b, 2]) / 200 for a, b in pairs])
    assert found[0, 2] == pytest.approx(by_hand)
    np.testing.assert_allclose(np.diag(found), 0, atol=1e-12)
    with pytest.raises(ConfigError, match="two folds"):
        crossnobis(folds[:1])


def test_layers_of_another_network_are_identified_until_noise_hides_them() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(40, 10))

    def network(noise: float) -> dict[str, np.ndarray]:
        first = inputs[:, :5] @ np.linalg.qr(rng.normal(size=(5, 5)))[0]
        second = np.tanh(3 * inputs[:, 5:] @ np.linalg.qr(rng.normal(size=(5, 5)))[0])
        layers = {"first": first, "second": second}
        return {name: distances(x + noise * rng.normal(size=x.shape)) for name, x in layers.items()}

    assert identification([network(0.1) for _ in range(3)], trsa) == 1
    assert identification([network(50.0) for _ in range(8)], trsa) < 0.8
    ceiling = noise_ceiling([network(0.3)["first"] for _ in range(4)], rsa)
    assert 0 < ceiling[0] < ceiling[1] <= 1
    with pytest.raises(ConfigError, match="across networks"):
        identification([network(0.1)], rsa)
