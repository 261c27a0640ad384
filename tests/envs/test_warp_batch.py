"""The GPU's engine against MuJoCo's own, on whatever device Warp has; skipped where the extra is not installed."""

import importlib.util

import numpy as np
import pytest

from innervate.envs.engine.make import make_world
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.randomisation import Randomisation
from innervate.errors import ConfigError, MissingExtraError

installed = importlib.util.find_spec("mujoco_warp") is not None
needs_warp = pytest.mark.skipif(not installed, reason="pip install 'innervate[gpu]'")


def device() -> str:
    """A GPU where there is one, else Warp's processor backend."""
    warp = importlib.import_module("warp")
    return "cuda:0" if warp.is_cuda_available() else "cpu-warp"


@needs_warp
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("task", ["swim", "navigate"])
def test_it_follows_mujoco_to_single_precision(task: str) -> None:
    n, world = 4, make_world(task, n_links=4)
    theirs, ours = BodyVectorEnv(world, n), BodyVectorEnv(world, n, device=device())
    a, b = theirs.reset(seed=3)[0], ours.reset(seed=3)[0]
    np.testing.assert_array_equal(a, b)  # resets and sensors are MuJoCo's own
    rng = np.random.default_rng(0)
    moved = 0.0
    for _ in range(20):
        actions = rng.uniform(-1, 1, (n, world.model.nu)).astype(np.float32)
        before = a
        a, reward_a, *_ = theirs.step(actions)
        b, reward_b, *_ = ours.step(actions)
        moved += float(np.abs(a - before).max())
        np.testing.assert_allclose(b, a, atol=2e-3)
        np.testing.assert_allclose(reward_b, reward_a, atol=2e-3)
    assert moved > 1.0


@needs_warp
@pytest.mark.filterwarnings("ignore")
def test_what_it_cannot_do_is_refused() -> None:
    world = make_world("swim", n_links=3)
    with pytest.raises(ConfigError, match="randomis"):
        BodyVectorEnv(world, 2, device=device(), randomisation=Randomisation(mass=(0.5, 1.5)))
    with pytest.raises(ConfigError, match="no device"):
        BodyVectorEnv(world, 2, device="cuda:99")


@pytest.mark.skipif(installed, reason="the extra is installed")
def test_a_missing_extra_says_which() -> None:
    with pytest.raises(MissingExtraError, match=r"innervate\[gpu\]"):
        BodyVectorEnv(make_world("swim", n_links=3), 2, device="cuda:0")
