"""One seed of the paper's agent in the alternating T-maze: configuration in, curve and networks out."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from innervate.errors import ConfigError

from ....controllers.paper_nets import T_MAZE, PaperNets, PaperNetsConfig
from ....envs.mazes.t_maze import BUMP, FADING, REWARD, TRACE, TMazeEnv
from ...seeds import Streams
from ..paper import PaperWeights
from . import weights as parameters
from .image_buffers import image_net_of, image_shape_of, image_work_of
from .loop_kernel import Rules
from .losses_kernel import Batch, loss_of
from .t_maze_loop import DRAWS, Learning, Recall, TWorld, Walk, Workspace, greedy, live_episode


@dataclass(frozen=True, kw_only=True)
class TMazeAgentConfig:
    """The agent and its time in the maze; the defaults are the paper's."""

    nets: PaperNetsConfig = T_MAZE
    weights: PaperWeights = field(default_factory=PaperWeights)
    trace: int = TRACE
    """Older places that are seen."""
    episodes: int = 31
    episode_steps: int = 2000
    explore: float = 0.5
    """Probability of a random action."""
    learning_rate: float = 1e-3
    discount: float = 0.9
    batch: int = 64
    replay: int = 20_000
    target_every: int = 1000
    """Updates between copies of the target network."""
    greedy_steps: int = 500
    """Of the walk that is judged after each episode."""

    def __post_init__(self) -> None:
        if not 0 <= self.explore <= 1:
            raise ConfigError(f"explore is a probability, got {self.explore}.")
        if min(self.episodes, self.episode_steps, self.batch, self.target_every, self.greedy_steps) < 1:
            raise ConfigError("Episodes, steps, batch and target_every are at least 1.")
        if self.replay <= self.batch:
            raise ConfigError(f"A replay of {self.replay} does not hold a batch of {self.batch} and the step after.")


@dataclass(frozen=True)
class TMazeTrained:
    """What training leaves."""

    nets: PaperNets
    reward: Float32[np.ndarray, "episode"]
    """Of the greedy walk after each episode."""


def world_of(trace: int) -> tuple[TWorld, Walk]:
    """`TMazeEnv` as the kernel needs it, and an animal for it."""
    env = TMazeEnv(trace)
    maze, fading = env.maze, (FADING ** np.arange(trace + 1)).astype(np.float32)
    world = TWorld(
        maze.successor, maze.background, maze.pixel, np.array(env.arms), env.foot, fading, np.float32(REWARD),
        np.float32(BUMP),
    )  # fmt: skip
    image = np.zeros((1, *maze.background.shape), np.float32)
    return world, Walk(np.zeros(trace + 1, np.int64), np.zeros(2, np.int64), image)


def train_t_maze(config: TMazeAgentConfig, seed: int) -> TMazeTrained:
    """Train one seed from scratch."""
    (world, walk), (_, judged) = world_of(config.trace), world_of(config.trace)
    side, actions = len(world.background), world.successor.shape[1]
    shape = image_shape_of(config.nets, side, actions)
    streams = Streams(seed)
    nets = config.nets.build(side, actions, streams.controller())
    rng = streams.learner()
    flat = parameters.from_torch(nets, shape)
    gradient, mean, square, target = (np.zeros_like(flat) for _ in range(4))
    learning = Learning(flat, gradient, mean, square, target, np.zeros(2, np.int64))
    net, d_net, slow_net = (image_net_of(x, shape) for x in (flat, learning.gradient, learning.target))
    n = config.batch
    alone, online, slow = (image_work_of(shape, columns, n) for columns in (1, 3 * n, n))
    images, table = np.zeros((3 * n, side, side), np.float32), np.zeros((actions, 3 * n), np.float32)
    space = Workspace(alone, online, slow, images, table)
    recall = Recall(
        np.zeros((config.replay, side, side), np.float32), np.zeros(config.replay, np.int64),
        np.zeros(config.replay, np.float32), np.zeros((config.replay, side, side), np.float32),
    )  # fmt: skip
    first, second, third = np.arange(3 * n).reshape(3, n)
    none = np.zeros(n, np.int64)
    batch = Batch(first, none, second, none.copy(), np.zeros(n, np.float32), np.ones(n, np.float32), third)
    rules = Rules(config.explore, config.learning_rate, config.target_every, mask_terminal=False)
    loss, seen = loss_of(config.weights, config.discount), np.zeros(3, np.float32)
    reward = np.zeros(config.episodes, np.float32)
    for episode in range(config.episodes):
        draws = rng.integers(2**32, size=(config.episode_steps, DRAWS + n), dtype=np.uint32)
        live_episode(
            net, d_net, slow_net, shape, space, world, walk, rules, loss, recall, learning, batch, seen, draws
        )
        reward[episode] = greedy(net, shape, alone, world, judged, config.greedy_steps)
    parameters.to_torch(flat, shape, nets)
    return TMazeTrained(nets, reward)
