"""Rows on what the modules come to represent: the room's geometry, the steps to come, places on a track."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int64

from innervate.agents.mazes.many_seeds.trainer import MazeAgentConfig, latents_of, train
from innervate.agents.predictive.diagnostics import effective_rank
from innervate.controllers.paper_nets import PaperNets
from innervate.envs.mazes import Maze, ring
from innervate.envs.mazes.track import clockwise
from innervate.launch.analysis.measures.place_fields import backward_shift
from innervate.launch.analysis.measures.prediction_skill import prediction_r2
from innervate.launch.analysis.measures.similarity import cosines, distances, rsa, trsa
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.predictive import cases
from innervate.launch.bench.predictive.maze_rows import lives
from innervate.launch.bench.predictive.maze_runs import Life, maze_of
from innervate.launch.bench.predictive.measures import described
from innervate.launch.bench.predictive.rooms import AGENTS
from innervate.launch.run.statistics import mean_interval

AHEAD = 5
"""Steps that the transition model is asked to foresee."""
EARLY, LATE = 51, 601
"""Episodes on the track before and after (Fang and Stachenfeld 2024)."""


def geometry(bench: Bench) -> Iterable[Row]:
    """Does the latent hold apart what lies apart? From the lives of the first row of the table."""
    for name, weights in AGENTS.items():
        case = cases.room(weights, 5)
        found = lives(bench, case, 30)
        paths = [maze_of(case, seed).distances() for seed in range(len(found))]
        latents = [life.latent for life in found]
        values = np.array([rsa(distances(z), path) for z, path in zip(latents, paths, strict=True)])
        topological = np.array(
            [trsa(distances(z), path, 0.1, 0.5, ranked=False) for z, path in zip(latents, paths, strict=True)]
        )
        ranks = np.array([effective_rank(z) for z in latents])
        yield Row(
            row=f"RSA of the latent with shortest paths, latent 5, {name}", value=float(values.mean()), unit="",
            interval=mean_interval(values), n=len(found),
            peer=f"tRSA {described(topological)}; effective rank {described(ranks)}; cosine of two places "
            f"{described(_cosine(found))}",
        )  # fmt: skip


def _cosine(found: list[Life]) -> Float[np.ndarray, "seed"]:
    """Mean over all pairs of different places."""
    return np.array([cosines(life.latent)[np.triu_indices(len(life.latent), 1)].mean() for life in found])


def foresight(bench: Bench) -> Iterable[Row]:
    """The transition model rolled out along random walks, against what the encoder then sees."""
    case = cases.room(cases.PREDICTION[0.0], 5)
    seeds = bench.seeds or (1 if bench.quick else 5)

    def measure(seed: int) -> list[float]:
        maze = maze_of(case, seed)
        return skill(train(maze, case.agent, seed).nets, maze, np.random.default_rng(seed)).tolist()

    kept = [bench.once(f"foresight {case!r} {seed}", lambda seed=seed: measure(seed)) for seed in range(seeds)]
    skills = np.array(kept)
    for step in (1, AHEAD):
        values = skills[:, step - 1]
        yield Row(
            row=f"R2 of the latent foreseen {step} step{'s' if step > 1 else ''} ahead, latent 5", unit="",
            value=float(values.mean()), interval=mean_interval(values), n=seeds,
            peer="all steps: " + ", ".join(f"{value:.2f}" for value in skills.mean(axis=0)),
        )  # fmt: skip


def skill(nets: PaperNets, maze: Maze, rng: np.random.Generator) -> Float[np.ndarray, "step"]:
    """R2 at 1 to 5 steps over a thousand random walks from anywhere."""
    actions = rng.integers(4, size=(1000, AHEAD))
    places = np.empty((1000, AHEAD + 1), np.int64)
    places[:, 0] = rng.integers(maze.places, size=1000)
    for step in range(AHEAD):
        places[:, step + 1] = maze.successor[places[:, step], actions[:, step]]
    return prediction_r2(lambda z, a: _predicted(nets, z, a), latents_of(nets, maze)[places], actions)


@torch.no_grad()
def _predicted(
    nets: PaperNets, latents: Float[np.ndarray, "batch latent"], actions: Int64[np.ndarray, "batch"]
) -> Float[np.ndarray, "batch latent"]:
    return nets.predict(torch.from_numpy(np.ascontiguousarray(latents)), torch.from_numpy(actions)).numpy()


def track(bench: Bench) -> Iterable[Row]:
    """Fields of the transition model's and of the encoder's units, early and late: do they move backwards?"""
    agent = cases.paper(cases.PREDICTION[0.0], 24)
    seeds = bench.seeds or (1 if bench.quick else 10)
    shifts = [bench.once(f"track {agent!r} {seed}", lambda seed=seed: _shifts(agent, seed)) for seed in range(seeds)]
    for module, name in (("transition", "the transition model's prediction"), ("encoder", "the encoder")):
        values = np.array([np.nanmean(shift[module]) for shift in shifts])
        moved = np.concatenate([shift[module] for shift in shifts])
        yield Row(
            row=f"backward shift of fields on the track, {name}", value=float(values.mean()), unit="cells",
            interval=mean_interval(values), n=seeds,
            peer=f"{np.mean(moved > 0):.0%} of {len(moved)} units moved backwards; published: those of the transition "
            "model do",
        )  # fmt: skip


def _shifts(agent: MazeAgentConfig, seed: int) -> dict[str, list[float]]:
    """Of every unit, from the early to the late episode of one life."""
    maze = clockwise(Maze.on(ring(8), np.random.default_rng([seed, 0])))
    early, late = (train(maze, replace(agent, episodes=episodes), seed).nets for episodes in (EARLY, LATE))
    route, actions = _route(maze)
    fields = {
        "encoder": [latents_of(nets, maze)[route] for nets in (early, late)],
        "transition": [_predicted(nets, latents_of(nets, maze)[route], actions) for nets in (early, late)],
    }
    return {name: backward_shift(*both).tolist() for name, both in fields.items()}


def _route(maze: Maze) -> tuple[Int64[np.ndarray, "position"], Int64[np.ndarray, "position"]]:
    """The places once round in the order of travel, and the action that leads on from each."""
    places, actions = [0], list[int]()
    while len(actions) < maze.places:
        ahead = np.flatnonzero(maze.successor[places[-1]] != places[-1])
        actions.append(int(ahead[0]))
        places.append(int(maze.successor[places[-1], ahead[0]]))
    return np.array(places[:-1]), np.array(actions)
