"""Rows on the alternating T-maze: the reward of the greedy walk, and whether the stem tells left from right."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from innervate.agents.mazes.many_seeds.t_maze import TMazeAgentConfig, train_t_maze
from innervate.agents.mazes.paper import PaperWeights
from innervate.controllers.paper_nets import PaperNets
from innervate.envs.mazes.t_maze import STEM, TMazeEnv
from innervate.launch.analysis.measures.splitter import condition_correlation
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.predictive import figures
from innervate.launch.bench.predictive.cases import MODEL_FREE
from innervate.launch.bench.predictive.measures import described
from innervate.launch.run.statistics import mean_interval

AGENTS = {"prediction": (PaperWeights(), 395.5, 0.73), "without prediction": (MODEL_FREE, 363.3, 0.92)}
"""Weights; published greedy reward (35 seeds) and correlation at the decision point (read off a figure)."""
SEEDS = 10
"""Of each agent, one and a half minutes of a core a seed."""
BAR = 396
WELL = 400
"""Greedy reward from which the authors analyse a seed."""


def rows(bench: Bench) -> Iterable[Row]:
    """Reward first, then the correlation at the decision point."""
    seeds = bench.seeds or (1 if bench.quick else SEEDS)
    paper = TMazeAgentConfig(episodes=3) if bench.quick else TMazeAgentConfig()
    found = dict[str, list[dict[str, Any]]]()
    for name, (weights, _, _) in AGENTS.items():
        bench.say(f"T-maze, {seeds} seeds, {name}")
        config = replace(paper, weights=weights)
        found[name] = [_life(bench, config, seed) for seed in range(seeds)]
    for name, (_, published, _) in AGENTS.items():
        reward = np.array([seed["reward"][-1] for seed in found[name]])
        judged = name == "prediction"
        yield Row(
            row=f"T-maze, greedy reward in {paper.greedy_steps} steps, {name}", value=float(reward.mean()), unit="",
            interval=mean_interval(reward), n=seeds,
            peer=f"published {published} (35 seeds); the best walk has 415; {(reward >= WELL).sum()} of {seeds} seeds "
            f"at {WELL} or more, the lowest {reward.min():.0f}",
            reach=f"at least {BAR}" if judged else "",
            holds=bool(reward.mean() >= BAR) if judged and not bench.quick else None,
        )  # fmt: skip
    stems = {name: np.array([seed["stem"] for seed in group if seed["stem"]]) for name, group in found.items()}
    for name, (_, _, published) in AGENTS.items():
        stem = stems[name]
        yield Row(
            row=f"T-maze, left against right, correlation at the decision point, {name}", unit="",
            value=float(stem[:, -1].mean()) if len(stem) else None, n=len(stem),
            interval=mean_interval(stem[:, -1]) if len(stem) else None,
            peer=f"published {published}; half-way up the stem {described(stem[:, STEM // 2])}"
            if len(stem) else f"no seed walked both ways; published {published}",
        )  # fmt: skip
    if all(len(stem) for stem in stems.values()):
        curves = {name: np.array([seed["reward"] for seed in group]) for name, group in found.items()}
        figures.t_maze(bench, "predictive-t-maze.png", curves, stems)


def _life(bench: Bench, config: TMazeAgentConfig, seed: int) -> dict[str, Any]:
    """Greedy reward after each episode, and the correlations along the stem (empty if it never goes one way)."""

    def measure() -> dict[str, Any]:
        trained = train_t_maze(config, seed)
        left, right = stem_predictions(trained.nets, config)
        stem = condition_correlation(left, right).tolist() if left is not None and right is not None else []
        return {"reward": trained.reward.tolist(), "stem": stem}

    return bench.once(f"{config!r} {seed}", measure)


Stem = Float[np.ndarray, "position unit"]


@torch.no_grad()
def stem_predictions(nets: PaperNets, config: TMazeAgentConfig) -> tuple[Stem | None, Stem | None]:
    """What is predicted on the greedy way up the stem, foot to crossing, on average: bound left, and bound right.

    None where the walk has no such way.
    """
    env = TMazeEnv(config.trace)
    image, _ = env.reset()
    seen: dict[tuple[int, int], list[np.ndarray]] = defaultdict(list)
    column = env.maze.cells[env.foot][1]
    for _ in range(config.greedy_steps):
        latent = nets.encode(torch.from_numpy(image)[None])
        action = nets.values(latent).argmax(1)
        row, at = env.maze.cells[env.place]
        if at == column:
            seen[env.turn, STEM - int(row)].append(nets.predict(latent, action)[0].numpy())
        image, *_ = env.step(int(action))

    def way(turn: int) -> Stem | None:
        visits = [seen[turn, k] for k in range(STEM)]
        return np.stack([np.mean(visit, axis=0) for visit in visits]) if all(visits) else None

    return way(0), way(1)
