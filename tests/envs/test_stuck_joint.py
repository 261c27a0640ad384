"""A joint of the swimmer that sticks: straight from its second on, whatever pulls, and nothing else is touched."""

import numpy as np
import pytest

from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.errors import ConfigError


def angles(options: dict[str, float], n: int = 2, steps: int = 60) -> np.ndarray:
    """(time, env, joint), under torques at random."""
    env = make_vector_env(WorldConfig(id="swim", options=options), n)
    env.reset(seed=0)
    rng, found = np.random.default_rng(0), list[np.ndarray]()
    for _ in range(steps):
        action = np.repeat(rng.uniform(-1, 1, (1, 5)), n, axis=0).astype(np.float32)
        found.append(np.array(env.step(action)[0])[:, :5])
    env.close()
    return np.array(found)


def test_the_joint_is_straight_from_then_on_and_free_before() -> None:
    free, stuck = angles({}), angles({"stuck": 3, "stuck_from_s": 0.6})
    np.testing.assert_allclose(stuck[:20], free[:20], atol=1e-6)
    assert np.abs(stuck[30:, :, 2]).max() < 0.02 < 0.1 < np.abs(free[30:, :, 2]).max()
    assert np.abs(stuck[30:, :, [0, 1, 3, 4]]).max(axis=(0, 1)).min() > 0.1


def test_any_joint_may_stick_and_each_does() -> None:
    still = np.abs(angles({"stuck": -1, "stuck_from_s": 0.0}, n=40)[20:]).max(axis=0) < 0.02
    assert (still.sum(axis=1) <= 1).all() and still.any(axis=0).all() and (still.sum(axis=1) == 0).any()


@pytest.mark.parametrize("options", [{"stuck": 6}, {"stuck": -2}, {"stuck": 1, "stuck_from_s": -1.0}])
def test_what_cannot_stick_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="1 to 5 sticks"):
        make_vector_env(WorldConfig(id="swim", options=options), 1)
