"""The yardstick of `innervate bench engine` does the same work as the engine, and its rows say what they hold."""

import numpy as np
import pytest

from innervate.envs.engine.make import make_world
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.tasks._locomotion import classic
from innervate.envs.tasks.ant import ANT
from innervate.envs.tasks.swimmer import SWIMMER
from innervate.envs.world import World
from innervate.launch.bench.engine import mj_step_loop
from innervate.launch.bench.engine import peers as peers


@pytest.mark.skipif(mj_step_loop.compiler() is None, reason="no C compiler")
@pytest.mark.parametrize("name", ["swim", "swimmer", "ant"])
def test_the_loop_in_c_ends_where_the_engine_ends(name: str) -> None:
    worlds = {"swim": lambda: make_world("swim", n_links=5), "swimmer": lambda: classic(SWIMMER)}
    world: World = worlds.get(name, lambda: classic(ANT))()
    env = BodyVectorEnv(world, 3)
    env.reset(seed=0)
    start = env.snapshot()["state"]
    actions = peers.block(6, 3, world.model.nu)
    loop = mj_step_loop.MjStepLoop(world.model, start, world.substeps)
    loop.step(actions)
    for action in actions:
        env.step(action)
    ours = env.snapshot()["state"]
    assert (ours != start).any()
    np.testing.assert_array_equal(loop.states(), ours)
    loop.restart(start)
    np.testing.assert_array_equal(loop.states(), start)
