"""Rows on the alternating T-maze: the reward of the greedy walk, and whether the stem tells left from right."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from jaxtyping import Float

from innervate.agents.predictive.dqn import PaperDQN
from innervate.agents.predictive.paper import PaperWeights
from innervate.agents.predictive.paper_nets import T_MAZE
from innervate.envs.mazes.t_maze import STEM, SUFFICIENT_TRACE, TRACE, TMazeEnv
from innervate.launch.analysis.splitter import condition_correlation
from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.predictive.cases import MODEL_FREE
from innervate.launch.bench.predictive.measures import described
from innervate.launch.bench.rows import Row
from innervate.launch.run.statistics import mean_interval

AGENTS = {"prediction": (PaperWeights(), 395.5, 0.73), "without prediction": (MODEL_FREE, 363.3, 0.92)}
"""Weights; published greedy reward (35 seeds) and correlation at the decision point (read off a figure)."""
STEPS, QUICK_STEPS, GREEDY = 62_000, 2_000, 500
SEEDS = 3
"""A seed is five minutes of a core; `--seeds` takes more."""
BAR = 396


def run(bench: Bench) -> Iterable[Row]:
    """Reward first, then the correlation at the decision point; with a trace that shows the arm, then as specified."""
    for trace in (SUFFICIENT_TRACE, TRACE):
        yield from _rows(bench, trace)


def _rows(bench: Bench, trace: int) -> Iterable[Row]:
    seeds = bench.seeds or (1 if bench.quick else SEEDS)
    steps = QUICK_STEPS if bench.quick else STEPS

    def lived(weights: PaperWeights, seed: int) -> dict[str, Any]:
        return bench.once(f"T-maze {weights!r} {steps} {seed} trace {trace}", lambda: one(weights, steps, seed, trace))

    kept = {name: [lived(weights, seed) for seed in range(seeds)] for name, (weights, _, _) in AGENTS.items()}
    task = f"T-maze, trace of {trace}"
    for name, (_, published, _) in AGENTS.items():
        reward = np.array([seed["reward"] for seed in kept[name]])
        judged = name == "prediction" and trace >= SUFFICIENT_TRACE
        yield Row(
            row=f"{task}, greedy reward in {GREEDY} steps, {name}", value=float(reward.mean()), unit="",
            interval=mean_interval(reward), n=seeds,
            peer=f"published {published} (35 seeds); the best walk has 415; by seed "
            + ", ".join(f"{r:.0f}" for r in reward),
            reach=f"at least {BAR}" if judged else "",
            holds=bool(reward.mean() >= BAR) if judged and not bench.quick else None,
        )  # fmt: skip
    for name, (_, _, published) in AGENTS.items():
        stems = np.array([seed["stem"] for seed in kept[name] if seed["stem"]])
        yield Row(
            row=f"{task}, left against right, correlation at the decision point, {name}", unit="",
            value=float(stems[:, -1].mean()) if len(stems) else None, n=len(stems),
            interval=mean_interval(stems[:, -1]) if len(stems) else None,
            peer=f"published {published}; half-way up the stem {described(stems[:, STEM // 2])}"
            if len(stems) else f"no seed walked both ways; published {published}",
        )  # fmt: skip


def one(weights: PaperWeights, steps: int, seed: int, trace: int) -> dict[str, Any]:
    """Train a seed; reward of its greedy walk and the correlations along the stem (empty if it never goes one way)."""
    torch.set_num_threads(1)
    model = PaperDQN(
        "PaperPolicy", gym.make("innervate/TMaze-v0", trace=trace), weights=weights, learning_rate=1e-3, seed=seed,
        exploration_initial_eps=0.5, exploration_final_eps=0.5, policy_kwargs={"nets": T_MAZE}, mask_terminal=False,
    )  # fmt: skip
    model.learn(steps)
    reward, left, right = walk(model, trace)
    stem = condition_correlation(left, right).tolist() if left is not None and right is not None else []
    return {"reward": reward, "stem": stem}


Stem = Float[np.ndarray, "position unit"]


@torch.no_grad()
def walk(model: PaperDQN, trace: int) -> tuple[float, Stem | None, Stem | None]:
    """Greedy reward, and the mean predictions on the way up the stem, foot to crossing, bound left and right."""
    env = TMazeEnv(trace)
    image, _ = env.reset()
    total, nets = 0.0, model.q_net.nets
    seen: dict[tuple[int, int], list[np.ndarray]] = defaultdict(list)
    column = env.maze.cells[env.legs[1]][1]
    for _ in range(GREEDY):
        latent = nets.encode(torch.from_numpy(image)[None])
        action = nets.values(latent).argmax(1)
        row, at = env.maze.cells[env.place]
        if at == column and env.leg in (0, 2):
            seen[env.leg, STEM - int(row)].append(nets.predict(latent, action)[0].numpy())
        image, reward, *_ = env.step(int(action))
        total += reward

    def way(leg: int) -> Stem | None:
        visits = [seen[leg, k] for k in range(STEM)]
        return np.stack([np.mean(visit, axis=0) for visit in visits]) if all(visits) else None

    return total, way(0), way(2)
