"""The paper's agent on stable-baselines3: what it samples, what it learns, that it survives a file."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3.common.env_util import make_vec_env

from innervate.agents.mazes.dqn import PaperDQN
from innervate.agents.mazes.paper import PaperWeights
from innervate.controllers.paper_nets import PaperNetsConfig
from innervate.errors import ConfigError


def room(**options: Any) -> gym.Env[Any, Any]:
    return gym.make("innervate/Forage-v0", size=3, **options)


def small(env: Any, **options: Any) -> PaperDQN:
    settings: dict[str, Any] = {"learning_rate": 1e-3, "buffer_size": 500, "batch_size": 32, "learning_starts": 40}
    nets = PaperNetsConfig(rectified=False)
    weights = PaperWeights(negatives=1e-2)
    return PaperDQN("PaperPolicy", env, seed=0, weights=weights, policy_kwargs={"nets": nets}, **(settings | options))


def test_samples_are_consecutive_also_when_the_ring_has_closed() -> None:
    """Every pair follows the maze: s1 is where a0 leads from s0, unless an episode ended between them."""
    model = small(room(), buffer_size=100)
    model.learn(333)
    base: Any = room().unwrapped
    number = {bytes(image): place for place, image in enumerate(base.maze.images())}
    batch = model.two_steps(400)
    first, second, third = (
        np.array([number[bytes(image.numpy())] for image in images])
        for images in (batch.first, batch.second, batch.third)
    )
    led = base.maze.successor[first, batch.first_action.numpy()]
    between = led == base.maze.goal
    assert (led == second)[~between].mean() > 0.97  # time limits also end episodes
    assert between.any()
    np.testing.assert_array_equal(third, base.maze.successor[second, batch.second_action.numpy()])
    np.testing.assert_array_equal(third == base.maze.goal, batch.terminal.numpy())
    np.testing.assert_array_equal(batch.reward.numpy(), batch.terminal.numpy().astype(np.float32))


def test_it_learns_a_small_room() -> None:
    model = small(room(), target_update_interval=50, gamma=0.5, learning_rate=3e-3)
    model.learn(700)
    base: Any = room().unwrapped
    with torch.no_grad():
        best = model.q_net(torch.from_numpy(base.maze.images())).argmax(1).numpy()
    for start in range(9):
        place, steps = start, 0
        while place != base.maze.goal and steps < 9:
            place, steps = int(base.maze.successor[place, best[place]]), steps + 1
        assert place == base.maze.goal


def test_save_load_and_go_on(tmp_path: Path) -> None:
    model = small(make_vec_env(room, 2, seed=0))
    model.learn(200)
    model.save(tmp_path / "agent.zip")
    again = PaperDQN.load(tmp_path / "agent.zip", env=model.get_env())
    for one, other in zip(model.policy.parameters(), again.policy.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert again.weights == model.weights
    again.learn(100)


def test_the_same_seed_gives_the_same_agent() -> None:
    one, other = (small(room()) for _ in range(2))
    for model in (one, other):
        model.learn(150)
    for a, b in zip(one.policy.parameters(), other.policy.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("env", "options", "said"),
    [
        ("CartPole-v1", {}, "square images of one channel"),
        ("innervate/Forage-v0", {"n_steps": 3}, "one step apart"),
        ("innervate/Forage-v0", {"learning_starts": 0}, "raise learning_starts"),
    ],
)
def test_bad_input_gets_one_clear_sentence(env: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        PaperDQN("PaperPolicy", gym.make(env), **options).learn(10)
