"""Measures of representations, on representations whose measure is known."""

import numpy as np
import pytest

from innervate.envs.mazes import Maze, open_room
from innervate.errors import ConfigError
from innervate.launch.analysis.place_fields import backward_shift, centres, skewness
from innervate.launch.analysis.prediction_skill import prediction_r2
from innervate.launch.analysis.similarity import cosines, distances, rsa, trsa
from innervate.launch.analysis.splitter import condition_correlation

RNG = np.random.default_rng(0)
ROOM = Maze.on(open_room(6), RNG)


def bumps(centre: np.ndarray, positions: int = 40, width: float = 3.0) -> np.ndarray:
    away = (np.arange(positions)[:, None] - centre + positions / 2) % positions - positions / 2
    return np.exp(-((away / width) ** 2) / 2)


def test_a_map_of_the_room_is_similar_to_its_paths_and_a_shuffled_one_is_not() -> None:
    paths = ROOM.distances()
    drawn = distances(ROOM.cells.astype(float))
    mixed = distances(RNG.permutation(ROOM.cells).astype(float))
    assert rsa(drawn, paths) > 0.9
    assert trsa(drawn, paths) > 0.9
    assert abs(rsa(mixed, paths)) < 0.2
    assert rsa(drawn, drawn) == pytest.approx(1)
    assert rsa(drawn, -drawn) == pytest.approx(-1)


def test_rank_correlation_ignores_any_rising_scale_and_trsa_what_lies_beyond_its_quantiles() -> None:
    drawn = distances(RNG.standard_normal((20, 3)))
    assert rsa(drawn, np.exp(drawn)) == pytest.approx(1)
    far = np.quantile(drawn[np.triu_indices(20, 1)], 0.6)
    stretched = np.where(drawn > far, 100 * drawn, drawn)
    assert trsa(drawn, stretched) == pytest.approx(1, abs=1e-3)
    assert trsa(drawn, np.ones((20, 20))) == 0


def test_pairs_without_a_path_are_left_out() -> None:
    drawn = distances(RNG.standard_normal((8, 2)))
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


def test_a_field_with_a_tail_behind_it_is_skewed() -> None:
    ahead, behind = bumps(np.array([20.0])), bumps(np.array([14.0]))
    assert skewness(ahead + 0.4 * behind)[0] < -0.1
    assert skewness(ahead)[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(centres(np.ones((10, 1)))[0])


def test_splitters_are_what_differs_between_two_ways() -> None:
    same = RNG.standard_normal((5, 200))
    other = same.copy()
    other[-1] = RNG.standard_normal(200)
    correlation = condition_correlation(same, other)
    np.testing.assert_allclose(correlation[:-1], 1)
    assert abs(correlation[-1]) < 0.2
    assert condition_correlation(np.ones((1, 3)), same[:1, :3])[0] == 0


def stay(latent: np.ndarray, action: np.ndarray) -> np.ndarray:
    return latent + 0 * action[:, None]


def test_a_perfect_model_foresees_all_and_standing_still_explains_nothing_of_a_walk() -> None:
    """z' = A z + b[action], with A a rotation: known in closed form at every step."""
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    push = RNG.standard_normal((4, 2))
    actions = RNG.integers(4, size=(500, 4))
    walk = [RNG.standard_normal((500, 2))]
    for step in range(4):
        walk.append(walk[-1] @ turn.T + push[actions[:, step]])
    latents = np.stack(walk, 1)

    def walks(latent: np.ndarray, action: np.ndarray) -> np.ndarray:
        return latent @ turn.T + push[action]

    perfect = prediction_r2(walks, latents, actions)
    np.testing.assert_allclose(perfect, 1)
    assert (prediction_r2(stay, latents, actions) < 0.2).all()
    still = np.repeat(latents[:, 1].mean(0)[None, None], 500, 0)
    average = prediction_r2(stay, np.concatenate([still, latents[:, 1:2]], 1), actions[:, :1])
    assert average[0] == pytest.approx(0, abs=1e-12)


def test_mismatched_states_are_refused() -> None:
    with pytest.raises(ConfigError, match="got 3 and 4"):
        rsa(np.zeros((3, 3)), np.zeros((4, 4)))
    with pytest.raises(ConfigError, match="must rise"):
        trsa(np.zeros((3, 3)), np.zeros((3, 3)), low=0.6)
