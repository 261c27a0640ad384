"""Mazes by the front door: trained, killed in mid-episode, exported, judged; what does not fit is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import innervate
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.learners.maze_dqn import MazeDQNConfig
from innervate.controllers.circuits.image_values import ImageValuesConfig
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.errors import ConfigError
from innervate.launch.run.export import export

ROOM = WorldConfig(id="innervate/Forage-v0", options={"size": 3})


def test_a_small_room_is_learnt_and_leaves_by_the_front_door(tmp_path: Path) -> None:
    learner = MazeDQNConfig(target_every=50, discount=0.5, learning_rate=3e-3, report_steps=250)
    options: dict[str, Any] = {"learner": learner, "seed": 0, "out": tmp_path / "run"}
    run = innervate.train(ROOM, controller=ImageValuesConfig(), steps=750, **options)
    judged = innervate.evaluate(run.path)
    longest = 4  # way in a room of 3 x 3, from corner to corner; the greedy policy takes none longer
    assert (judged.episodes.returns == 1).all() and judged.episodes.lengths.max() <= longest
    agent = innervate.load(export(run.path, tmp_path / "agent"))
    action, _ = agent.act(np.zeros(25, np.float32))
    assert action.dtype.kind == "i" and 0 <= action[0] < 4


@pytest.mark.parametrize("id_", ["innervate/Forage-v0", "innervate/TMaze-v0", "innervate/Track-v0"])
def test_a_maze_goes_on_where_it_was_stopped(id_: str) -> None:
    rng = np.random.default_rng(4)
    world = WorldConfig(id=id_, options={"max_episode_steps": 7})
    one: Any = make_vector_env(world, 2)
    one.reset(seed=[3, 4])
    for _ in range(11):
        one.step(rng.integers(4, size=(2, 1)))
    kept, actions = one.snapshot(), rng.integers(4, size=(20, 2, 1))
    went = [one.step(a) for a in actions]
    other: Any = make_vector_env(world, 2)
    other.restore(kept)
    for before, a in zip(went, actions, strict=True):
        for x, y in zip(before[:4], other.step(a)[:4], strict=True):
            np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    ("world", "controller", "learner", "said"),
    [
        (ROOM, MLPConfig(), MazeDQNConfig(), "--controller image_values"),
        (WorldConfig(id="swim"), ImageValuesConfig(), MazeDQNConfig(), "makes 0 choices"),
        (WorldConfig(id="CartPole-v1"), ImageValuesConfig(), MazeDQNConfig(), r"too few|no square|are none"),
        (ROOM, ImageValuesConfig(), MazeDQNConfig(explore=2.0), "explore lies in"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, world: Any, controller: Any, learner: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        innervate.train(world, controller=controller, learner=learner, steps=100, out=tmp_path / "run")
