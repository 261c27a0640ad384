"""Place maps: on activity whose map is known, and of a latent on a body that roams."""

import numpy as np
import pytest
import torch

from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers.circuits.latent import Latent, LatentConfig
from innervate.launch.analysis.measures.place_maps import explained_by_place, place_maps
from innervate.launch.analysis.pictures import pictures, titles
from innervate.launch.analysis.recordings.places import roam
from innervate.launch.analysis.recordings.recording import record

RNG = np.random.default_rng(0)
POSITION = RNG.uniform(-1, 1, (4000, 2))
ROAM, BALANCE = WorldConfig(id="innervate/Roam-v0"), WorldConfig(id="Pendulum-v1")


def latent(world: WorldConfig) -> Latent:
    env = make_vector_env(world, 1)
    spec = controller_spec(env)
    env.close()
    return LatentConfig(latent=5).build(spec, torch.Generator().manual_seed(0))


def test_a_field_is_where_it_is_and_place_explains_it_but_not_noise() -> None:
    field = np.exp(-np.square(POSITION - (0.6, -0.3)).sum(axis=1) / 0.08)
    activity = np.stack([field, RNG.standard_normal(len(field)), np.ones(len(field))], axis=1)
    maps = place_maps(activity, POSITION, bins=10)
    assert maps.shape == (3, 10, 10)
    assert np.unravel_index(maps[0].argmax(), (10, 10)) == (3, 8)  # y, then x
    np.testing.assert_allclose(maps[2], 1)
    explained = explained_by_place(activity, POSITION, bins=10)
    assert explained[0] > 0.9
    assert explained[1] == pytest.approx(99 / 4000, abs=0.02)  # what noise leaves to 100 means
    assert explained[2] == 0


def test_what_was_not_visited_has_no_value() -> None:
    position = np.array([[0.0, 0.0], [2.0, 1.0]])
    maps = place_maps(np.array([[3.0], [5.0]]), position, bins=4)
    assert maps.shape == (1, 3, 4)
    assert maps[0, 0, 0] == 3 and maps[0, 2, 3] == 5
    assert np.isnan(maps).sum() == 10


def test_latents_are_those_of_the_moments_and_places_those_of_the_truth() -> None:
    """The vehicle moves at most so far a step, and every sample but an episode's first is there."""
    controller = latent(ROAM)
    found = roam(controller, ROAM, episodes=2)
    assert found is not None
    activity, position = found.activity, found.position
    env = make_vector_env(ROAM, 2)
    limit = env.spec.max_episode_steps if env.spec else None
    env.close()
    assert limit is not None
    assert activity.shape == (2 * (limit - 1), 5) and position.shape == (2 * (limit - 1), 2)
    np.testing.assert_allclose(activity.mean(axis=1), 0, atol=1e-5)  # LayerNorm closes the latent
    one = position[::2]
    assert 0 < np.linalg.norm(np.diff(one, axis=0), axis=1).max() < 0.2


def test_pictures_of_a_latent() -> None:
    drawn = pictures(latent(ROAM), ROAM)
    assert list(drawn) == ["activity.png", "phase_portrait.png", "place_maps.png"]
    assert set(drawn) <= set(titles())
    assert record(latent(ROAM), ROAM).neurons == tuple(f"latent[{i}]" for i in range(5))


def test_a_world_that_does_not_tell_the_place_has_no_maps() -> None:
    assert "place_maps.png" not in pictures(latent(BALANCE), BALANCE)
