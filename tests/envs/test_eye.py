"""Cheap eyes: panoramas, shadows left out, and light that changes in mid-course."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from innervate.envs.engine.make import make_world
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.scenery.weather import DARKNESS, weather
from innervate.envs.sight import gl
from innervate.envs.sight.eye import Eye
from innervate.errors import ConfigError

needs_gl = pytest.mark.skipif("ok" not in gl.probe().values(), reason=f"no OpenGL here; {gl.MEND}")
HERE, AHEAD = np.array([[1.0, -2.0]]), np.array([0.4])


@needs_gl
def test_a_panorama_is_single_looks_side_by_side_clockwise() -> None:
    world = make_world("arena", scene=1)
    one, four = Eye(world, 32, 16), Eye(world, 32, 16, views=4)
    whole = four.see(HERE, AHEAD)[0]
    for k in range(4):
        turned = one.see(HERE, AHEAD - k * np.pi / 2)[0].astype(int)
        part = whole[:, 32 * k : 32 * (k + 1)].astype(int)
        # the mast and the wheels turn with the vehicle and not with the look; the town is the same
        assert np.abs(part - turned)[:12].mean() < 1.0
    assert whole.shape == (16, 128, 3)
    one.close()
    four.close()


@needs_gl
@pytest.mark.parametrize(("light", "season"), [("dusk", "summer"), ("day", "winter"), ("dusk", "winter")])
def test_a_painted_world_looks_as_one_that_was_built_so(light: str, season: str) -> None:
    painted, built = (Eye(make_world("arena", scene=2, **options), 64, 32) for options in (
        {}, {"light": light, "season": season}))  # fmt: skip
    day = painted.see(HERE, AHEAD)
    seen = painted.see(HERE, AHEAD, weather(light, season))
    np.testing.assert_array_equal(seen, built.see(HERE, AHEAD))
    assert not np.array_equal(day, seen)
    np.testing.assert_array_equal(painted.see(HERE, AHEAD, weather("day", "summer")), day)  # and back
    assert painted.see(HERE, AHEAD, DARKNESS).max() == 0
    painted.close()
    built.close()


@needs_gl
def test_without_shadows_only_shadows_are_missing() -> None:
    world = make_world("arena", scene=3)
    full, cheap = Eye(world, 64, 32), Eye(world, 64, 32, shadows=False)
    a, b = (eye.see(HERE, AHEAD)[0].astype(int) for eye in (full, cheap))
    brighter = (b.sum(axis=2) >= a.sum(axis=2) - 30).mean()
    assert brighter > 0.95 and 0 < np.abs(a - b).mean() < 40
    full.close()
    cheap.close()


@needs_gl
def test_light_changes_within_an_episode_and_each_body_sees_its_own() -> None:
    options: dict[str, Any] = {"protocol": "dark", "trial_s": 2.0, "town": True}
    env = gym.make_vec("innervate/HiddenGoal-v0", 2, "vector_entry_point", **options)
    assert isinstance(env, BodyVectorEnv)
    env.reset(seed=0)
    eye, still = Eye(env.world, 32, 16, shadows=False), np.zeros((2, 2), np.float32)
    for _ in range(22):
        env.step(still)
    before = env.look(eye, np.arange(2))
    mask = np.array([True, False])
    env.reset(seed=5, options={"reset_mask": mask})
    for _ in range(10):
        env.step(still)
    after = env.look(eye, np.arange(2))
    assert before.mean() > 20 and after[0].mean() > 20 and after[1].max() == 0  # it is dark for the second alone
    turned = env.look(eye, np.array([0, 0]), np.array([0.0, np.pi]))
    assert np.abs(turned[0].astype(int) - turned[1]).mean() > 5
    eye.close()
    env.close()


def test_an_eye_looks_at_least_once() -> None:
    with pytest.raises(ConfigError, match="at least once"):
        Eye(make_world("arena"), 32, 16, views=0)
