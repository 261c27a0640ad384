"""One seed of one agent in a maze, measured once and kept: curve, latents, and what the encoder is worth elsewhere."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from innervate.agents.mazes.many_seeds.trainer import MazeAgentConfig, Trained, latents_of, train
from innervate.agents.mazes.paper import PaperWeights
from innervate.controllers.paper_nets import PaperNetsConfig
from innervate.envs.mazes import Maze, four_rooms, open_room
from innervate.launch.bench._kit.benchmark import Bench

TRANSFER_EPISODES = {"goal": 201, "transition": 501}


@dataclass(frozen=True, kw_only=True)
class Case:
    """An agent, where it learns, and what its encoder is then tried on, frozen and with new heads."""

    agent: MazeAgentConfig
    room: Literal["open 8", "four rooms 12"] = "open 8"
    transfer: Literal["goal", "transition", ""] = ""


@dataclass(frozen=True)
class Life:
    """What one seed leaves."""

    score: Float[np.ndarray, "episode"]
    ended: Int[np.ndarray, "episode"]
    """Environment steps at the end of each."""
    transfer: Float[np.ndarray, "later"]
    latent: Float[np.ndarray, "place latent"]


def maze_of(case: Case, seed: int) -> Maze:
    """The seed's maze: the same permutation and goal for every agent."""
    size = int(case.room.split()[-1])
    floor = open_room(size) if case.room.startswith("open") else four_rooms(size)
    return Maze.on(floor, np.random.default_rng([seed, 0]))


def transfer_of(case: Case, maze: Maze, trained: Trained, seed: int) -> Trained:
    """New heads on the frozen encoder: for a new goal, or with every image moved to another place."""
    rng = np.random.default_rng([seed, 1])
    new = maze.with_new_goal(rng) if case.transfer == "goal" else maze.reassigned(rng)
    # On a frozen encoder nothing that the transition model learns can reach the values: it need not learn.
    agent = replace(
        case.agent, weights=PaperWeights(prediction=0.0, negatives=0.0), learning_rate=1e-3, replay=100_000,
        explore=1.0, episodes=TRANSFER_EPISODES[case.transfer],
    )  # fmt: skip
    return train(new, agent, seed + 1_000_000, frozen=latents_of(trained.nets, new))


def life(bench: Bench, case: Case, seed: int) -> Life:
    """Train, or recall from an earlier call."""

    def measure() -> dict[str, Any]:
        maze = maze_of(case, seed)
        trained = train(maze, case.agent, seed)
        transfer = transfer_of(case, maze, trained, seed).score if case.transfer else np.zeros(0)
        return {
            "score": trained.score.round(4).tolist(),
            "ended": trained.ended.tolist(),
            "transfer": transfer.round(4).tolist(),
            "latent": latents_of(trained.nets, maze).round(5).tolist(),
        }

    kept = bench.once(f"{case!r} {seed}", measure)
    return Life(**{name: np.array(values) for name, values in kept.items()})


def relearned(bench: Bench, case: Case, seed: int, latent: Float[np.ndarray, "place latent"]) -> Life:
    """A new goal on the case's latents with heads made for it: standardised input, 64 units, no ReLU before them."""

    agent = MazeAgentConfig(
        nets=PaperNetsConfig(latent=latent.shape[1], value=(64,), rectified=False), learning_rate=1e-3,
        weights=PaperWeights(prediction=0.0, negatives=0.0), target_every=100, episodes=TRANSFER_EPISODES["goal"],
    )  # fmt: skip

    def measure() -> list[float]:
        new = maze_of(case, seed).with_new_goal(np.random.default_rng([seed, 1]))
        scale = (latent - latent.mean(axis=0)) / (latent.std(axis=0) + 1e-6)
        return train(new, agent, seed + 1_000_000, frozen=scale.astype(np.float32)).score.round(4).tolist()

    curve = np.array(bench.once(f"{agent!r} on {case!r} {seed}", measure))
    return Life(score=np.zeros(0), ended=np.zeros(0, np.int64), transfer=curve, latent=latent)
