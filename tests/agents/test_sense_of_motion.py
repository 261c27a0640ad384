"""The sense of motion: its turning against the gyroscope, and what it says when nothing moves."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from innervate.agents.experience.senses.motion import MotionConfig
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.envs.sight import gl
from innervate.errors import ConfigError
from innervate.signals import slices

pytestmark = pytest.mark.skipif("ok" not in gl.probe().values(), reason=f"no OpenGL here; {gl.MEND}")


def driven(turns: np.ndarray, ahead: float) -> dict[str, np.ndarray]:
    """Channels (step, env, size) of two vehicles in a town, driven alike."""
    world = WorldConfig(id="hidden-goal", options={"town": True}, senses=(MotionConfig(),))
    env: Any = make_vector_env(world, 2)
    env.reset(seed=0)
    flat = np.array(
        [env.step(np.tile(np.array([ahead - t, ahead + t], np.float32), (2, 1)))[0].copy() for t in turns]
    )  # fmt: skip
    told = {name: flat[:, :, columns] for name, columns in slices(env.channels).items()}
    env.close()
    return told


def test_it_sees_how_fast_it_turns() -> None:
    told = driven(0.15 * np.sin(np.arange(80) / 8), 0.4)
    for body in range(2):
        gyro, seen = told["turn_rate"][5:, body, 0], told["seen_turn"][5:, body, 0]
        assert np.corrcoef(gyro, seen)[0, 1] > 0.85
        assert abs(np.corrcoef(gyro[:-12], seen[12:])[0, 1]) < 0.5  # a quarter of a period later
    assert told["motion_confidence"].min() >= 0
    assert 0.2 < told["motion_confidence"][5:].mean() <= 1
    assert (told["motion_age_s"][5:] < 1.0).all()


def test_what_was_seen_grows_old_where_nothing_moves() -> None:
    told = driven(np.zeros(30), 0.0)
    age = told["motion_age_s"][10:, :, 0]  # it has come to rest
    for before, after in pairwise(age):
        np.testing.assert_allclose(after, np.minimum(before + 0.1, 1e3), atol=1e-4)
    assert (told["seen_turn"][10:] == told["seen_turn"][10]).all()


def test_a_camera_of_broken_blocks_is_refused() -> None:
    with pytest.raises(ConfigError, match="whole blocks"):
        make_vector_env(WorldConfig(id="hidden-goal", senses=(MotionConfig(camera=(30, 32)),)), 1)
