"""What an update costs: the compiled loop beside a plain loop over one seed in torch, the same networks and losses."""

from collections.abc import Iterable

import numpy as np
import torch

from innervate.agents.mazes.many_seeds.trainer import MazeAgentConfig, train
from innervate.agents.mazes.paper import PaperWeights, TwoSteps, paper_losses, weighted
from innervate.controllers.paper_nets import PaperNetsConfig
from innervate.envs.mazes import Maze, open_room
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import interleave, ratio

BAR_MS = 2.2
THEIRS = 200
"""Updates a round of the plain loop."""


def rows(bench: Bench) -> Iterable[Row]:
    """CPU time of a seed and update, acting and evaluating included, with prediction."""
    maze = Maze.on(open_room(8), np.random.default_rng(0))
    weights = PaperWeights()
    config = MazeAgentConfig(weights=weights, episodes=10 if bench.quick else 50)
    updates = int(train(maze, config, 0).ended[-1]) - config.batch  # compiles, too

    def measure() -> dict[str, list[float]]:
        times = interleave(
            {"ours": lambda: train(maze, config, 0), "plain": lambda: plain(maze, weights, THEIRS)},
            rounds=3 if bench.quick else 7,
        )
        return {name: timing.cpu_s.tolist() for name, timing in times.items()}

    torch.set_num_threads(1)
    times = {name: 1e3 * np.array(seconds) for name, seconds in bench.once("cost of an update", measure).items()}
    ours, theirs = times["ours"] / updates, times["plain"] / THEIRS
    factor, between = ratio(theirs, ours)
    low, high = np.quantile(ours, [0.25, 0.75])
    value = float(np.median(ours))
    yield Row(
        row="cost of a seed and update in the foraging room, CPU", value=value, unit="ms",
        interval=(float(low), float(high)), n=len(ours),
        peer=f"a plain torch loop over one seed {np.median(theirs):.2f} ms, {factor:.0f} times as much "
        f"(quartiles {between[0]:.0f} to {between[1]:.0f}); {1e3 / value:.0f} seed-steps a CPU-second; authors' code "
        "14 to 23 ms",
        reach=f"at most {BAR_MS}", holds=value <= BAR_MS,
    )  # fmt: skip


def plain(maze: Maze, weights: PaperWeights, updates: int) -> None:
    """As one would write it: encode the batch, add the losses, one step of Adam."""
    generator = torch.Generator().manual_seed(0)
    nets, target = (PaperNetsConfig().build(len(maze.background), 4, generator) for _ in range(2))
    adam = torch.optim.Adam(nets.parameters(), lr=1e-4)
    images = torch.from_numpy(maze.images())
    successor = torch.from_numpy(maze.successor)
    for _ in range(updates):
        first = torch.randint(maze.places, (64,), generator=generator)
        actions = torch.randint(4, (2, 64), generator=generator)
        second = successor[first, actions[0]]
        third = successor[second, actions[1]]
        found = third == maze.goal
        batch = TwoSteps(images[first], actions[0], images[second], actions[1], found.float(), found, images[third])
        terms = paper_losses(nets, target, batch, horizon=weights.horizon, discount=0.9, mask_terminal=True)
        adam.zero_grad()
        weighted(terms, weights).backward()
        adam.step()
