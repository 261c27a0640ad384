"""The compiled T-maze against the environment, the torch networks and their autograd in double precision."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from innervate.agents.mazes.many_seeds import t_maze_loop as loop
from innervate.agents.mazes.many_seeds.image_buffers import ImageNet, image_net_of, image_shape_of, image_work_of
from innervate.agents.mazes.many_seeds.image_encoder import image_backward, image_latents
from innervate.agents.mazes.many_seeds.losses_kernel import Batch, loss_of, losses, values
from innervate.agents.mazes.many_seeds.t_maze import TMazeAgentConfig, train_t_maze, world_of
from innervate.agents.mazes.many_seeds.weights import from_torch, to_torch
from innervate.agents.mazes.paper import PaperWeights, TwoSteps, paper_losses, weighted
from innervate.controllers.paper_nets import T_MAZE, PaperNetsConfig
from innervate.envs.mazes.t_maze import TMazeEnv
from innervate.errors import ConfigError

BATCH, SIDE, DISCOUNT = 64, 7, 0.9
WEIGHTS = {
    "the paper's": PaperWeights(),
    "with horizon": PaperWeights(horizon=0.5, prediction=1.0, negatives=1.0),
    "without prediction": PaperWeights(prediction=0.0, negatives=0.0),
}


def seen(rng: np.random.Generator, number: int) -> np.ndarray:
    """Images that a random walk sees."""
    env = TMazeEnv()
    env.reset(seed=0)
    return np.stack([env.step(int(rng.integers(4)))[0] for _ in range(number)])


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("nets", [T_MAZE, replace(T_MAZE, rectified=False, encoder=(63,), latent=42)])
def test_latents_losses_and_gradients_are_torch_s(name: str, nets: PaperNetsConfig) -> None:
    weights, rng = WEIGHTS[name], np.random.default_rng(3)
    online, target = (nets.build(SIDE, 4, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    shape = image_shape_of(nets, SIDE, 4)
    flat, slow = from_torch(online, shape), from_torch(target, shape)
    gradient, terms = np.zeros_like(flat), np.zeros(3, np.float32)
    work, images = image_work_of(shape, 3 * BATCH, BATCH), seen(rng, 3 * BATCH)
    image_latents(image_net_of(slow, shape), shape, work, images)
    values(image_net_of(slow, shape), shape, work)
    table = work.q.copy()
    net, actions = image_net_of(flat, shape), rng.integers(4, size=(2, BATCH))
    columns, reward = np.arange(3 * BATCH).reshape(3, BATCH), rng.normal(size=BATCH).astype(np.float32)
    image_latents(net, shape, work, images)
    values(net, shape, work)
    carry_on = np.ones(BATCH, np.float32)
    batch = Batch(columns[0], actions[0], columns[1], actions[1], reward, carry_on, columns[2])
    losses(net, shape, work, table, batch, loss_of(weights, DISCOUNT), image_net_of(gradient, shape), terms)
    image_backward(net, shape, work, images, image_net_of(gradient, shape))

    exact, exact_target = online.double(), target.double()
    first, second, third = torch.from_numpy(images).double().split(BATCH)
    one, two = torch.from_numpy(actions)
    theirs = paper_losses(
        exact, exact_target,
        TwoSteps(first, one, second, two, torch.from_numpy(reward).double(), torch.zeros(BATCH).bool(), third),
        horizon=weights.horizon, discount=DISCOUNT, mask_terminal=True,
    )  # fmt: skip
    weighted(theirs, weights).backward()
    with torch.no_grad():
        np.testing.assert_allclose(work.z.T, exact.encode(torch.from_numpy(images).double()), rtol=1e-5, atol=3e-6)
    for ours, key in zip(terms, ("value", "prediction", "negatives"), strict=True):
        if key == "value" or getattr(weights, key) > 0:
            assert float(ours) == pytest.approx(float(theirs[key].detach()), rel=1e-5)
    expected = from_torch(exact, shape, gradients=True)
    whole = np.linalg.norm(expected)
    for part in ImageNet._fields:
        ours, torch_s = (getattr(image_net_of(x, shape), part) for x in (gradient, expected))
        assert np.linalg.norm(ours - torch_s) < 1e-5 * np.linalg.norm(torch_s) + 3e-6 * whole
        assert np.linalg.norm(torch_s) > 0 or (part == "transition" and weights.prediction == 0)


@pytest.mark.parametrize("trace", [0, 6, 9])
def test_the_walk_is_the_environment_s(trace: int) -> None:
    env = gym.make("innervate/TMaze-v0", trace=trace)
    image, _ = env.reset(seed=0)
    world, walk = world_of(trace)
    loop.begin(world, walk)
    np.testing.assert_array_equal(walk.image[0], image)
    left, right = [0, 0, 0, 0, 3, 3], [0, 0, 0, 0, 1, 1]
    for action in [*left, *right, *left, *left, *np.random.default_rng(0).integers(4, size=500)]:
        image, reward, *_ = env.step(int(action))
        assert loop.step(world, walk, int(action)) == reward
        np.testing.assert_array_equal(walk.image[0], image)


def test_a_seed_is_reproduced_and_its_networks_walk_as_it_did() -> None:
    """The curve's last point, walked again by the torch networks in the environment."""
    config = TMazeAgentConfig(episodes=2, episode_steps=300, greedy_steps=100)
    one, again, other = (train_t_maze(config, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.reward, again.reward)
    assert any(not torch.equal(a, b) for a, b in zip(one.nets.parameters(), other.nets.parameters(), strict=True))
    env = TMazeEnv(config.trace)
    image, _ = env.reset()
    total = 0.0
    with torch.no_grad():
        for _ in range(config.greedy_steps):
            action = one.nets.values(one.nets.encode(torch.from_numpy(image)[None])).argmax()
            image, reward, *_ = env.step(int(action))
            total += reward
    assert total == one.reward[-1]


def test_weights_come_back_as_they_went() -> None:
    shape = image_shape_of(T_MAZE, SIDE, 4)
    nets, other = (T_MAZE.build(SIDE, 4, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    to_torch(from_torch(nets, shape), shape, other)
    for ours, theirs in zip(nets.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"explore": 1.5}, "probability"), ({"episodes": 0}, "at least 1"), ({"replay": 64}, "does not hold"),
     ({"trace": -1}, "0 or more")],
)  # fmt: skip
def test_bad_settings_are_named(settings: dict[str, float], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        train_t_maze(TMazeAgentConfig(**settings), 0)  # pyright: ignore[reportArgumentType]


def test_another_convolution_is_named() -> None:
    with pytest.raises(ConfigError, match="one convolution"):
        train_t_maze(TMazeAgentConfig(nets=PaperNetsConfig()), 0)
