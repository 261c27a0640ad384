"""One seed of the paper's agent in a maze: configuration in, curve and networks out."""

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float32, Int64

from innervate.errors import ConfigError

from ....controllers.paper_nets import PaperNets, PaperNetsConfig
from ....envs.mazes import Maze
from ...seeds import Streams
from ..paper import PaperWeights
from . import weights as parameters
from .buffers import net_of, shape_of, work_of
from .loop_kernel import DRAWS, Memory, Mind, Record, Rules, World, live
from .losses_kernel import Batch, loss_of

CHUNK = 4096
"""Steps a call of the kernel."""


@dataclass(frozen=True, kw_only=True)
class MazeAgentConfig:
    """The agent and its time in the maze; the defaults are the paper's foraging room, but for masked terminals."""

    nets: PaperNetsConfig = field(default_factory=PaperNetsConfig)
    weights: PaperWeights = field(default_factory=PaperWeights)
    episodes: int = 601
    """After which training ends."""
    episode_steps: int = 150
    explore: float = 1.0
    """Probability of a random action; 1 is the paper's."""
    learning_rate: float = 1e-4
    discount: float = 0.9
    batch: int = 64
    replay: int = 20_000
    """Transitions that are remembered."""
    target_every: int = 1000
    """Updates between copies of the target network."""
    mask_terminal: bool = True
    """Nothing follows the goal. Without it, as in the paper, the start of the same episode follows."""

    def __post_init__(self) -> None:
        if not 0 <= self.explore <= 1:
            raise ConfigError(f"explore is a probability, got {self.explore}.")
        if min(self.episodes, self.episode_steps, self.batch, self.target_every) < 1 or self.replay <= self.batch:
            raise ConfigError("Episodes, steps, batch and target_every are at least 1, and replay exceeds the batch.")


RECOMMENDED = MazeAgentConfig(
    nets=PaperNetsConfig(rectified=False), weights=PaperWeights(prediction=1e-2, negatives=1e-3), episodes=201,
    learning_rate=1e-3, target_every=250,
)  # fmt: skip
"""Heads that leave no unit without a gradient, and rates that need about a quarter of the paper's steps; one choice
for all sizes of the latent."""


@dataclass(frozen=True)
class Trained:
    """What training leaves."""

    nets: PaperNets
    score: Float32[np.ndarray, "episode"]
    """After each episode, the share of all starts from which the greedy policy finds the goal."""
    ended: Int64[np.ndarray, "episode"]
    """Environment steps until then, which are also updates but for the first batch."""


def train(
    maze: Maze, config: MazeAgentConfig, seed: int, *, frozen: Float32[np.ndarray, "place latent"] | None = None
) -> Trained:
    """Train one seed from scratch; or, given `frozen` latents (`latents_of` another's encoder), new heads on those.

    The networks returned then have an encoder that nothing trained.
    """
    side = maze.background.shape[0]
    actions = maze.successor.shape[1]
    shape = shape_of(config.nets, side, actions)
    streams = Streams(seed)
    nets = config.nets.build(side, actions, streams.controller())
    rng = streams.learner()
    flat = parameters.from_torch(nets, shape)
    gradient = np.zeros_like(flat)
    work = work_of(shape, maze.places, config.batch)
    net, d_net = net_of(flat, shape), net_of(gradient, shape)
    starts = np.setdiff1d(np.arange(maze.places), [maze.goal])
    world = World(maze.successor, maze.background, maze.pixel, maze.goal, starts, config.episode_steps)
    rules = Rules(config.explore, config.learning_rate, config.target_every, config.mask_terminal)
    loss = loss_of(config.weights, config.discount, frozen=frozen is not None)
    mind = Mind(
        flat, gradient, np.zeros_like(flat), np.zeros_like(flat), np.zeros_like(work.q), np.zeros(5, np.int64)
    )
    mind.clock[2] = mind.clock[3] = rng.choice(starts)
    memory = Memory(*(np.zeros(config.replay, d) for d in (np.int64, np.int64, np.float32, np.int64, np.float32)))
    kinds = (np.int64, np.int64, np.int64, np.int64, np.float32, np.float32, np.int64)
    batch = Batch(*(np.zeros(config.batch, d) for d in kinds))
    record = Record(
        np.zeros(config.episodes, np.int64), np.zeros(config.episodes, np.float32), np.zeros(3, np.float32)
    )
    if frozen is not None:
        work.z[:] = frozen.T
    episode = 0
    while episode < config.episodes:
        draws = rng.integers(2**32, size=(CHUNK, DRAWS + config.batch), dtype=np.uint32)
        episode = live(net, d_net, shape, work, world, rules, loss, memory, mind, batch, record, episode, draws)
    parameters.to_torch(flat, shape, nets)
    return Trained(nets, record.score, record.ended)


def latents_of(nets: PaperNets, maze: Maze) -> Float32[np.ndarray, "place latent"]:
    """The latent of every place, by the torch networks."""
    with torch.no_grad():
        return nets.encode(torch.from_numpy(maze.images())).numpy()
