"""Find a hidden goal in a maze: what the foraging room and the track share."""

from typing import Any

import gymnasium as gym
import numpy as np
from jaxtyping import Float32

from innervate.errors import ConfigError

from ..term import Term
from ._env import MazeEnv
from ._maze import ANIMAL, WALL, Action, Maze


class FindEnv(MazeEnv):
    """Reward 1 at the goal, which ends the episode.

    ## Starting State
    A random cell that is not the goal.

    ## Termination
    At the goal.
    """

    terms = (Term("goal", "1 on the goal's cell", 0.0, 1.0),)

    def __init__(self, maze: Maze, render_mode: str | None = None) -> None:
        super().__init__(maze, render_mode)
        self.observation_space = gym.spaces.Box(WALL, ANIMAL, maze.background.shape, np.float32)
        self.place = maze.goal
        self._starts = np.setdiff1d(np.arange(maze.places), [maze.goal])

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "side side"], dict[str, Any]]:
        """Begin at a random place that is not the goal."""
        super().reset(seed=seed)
        self.place = int(self.np_random.choice(self._starts))
        return self.maze.image(self.place), {"place": self.place}

    def step(self, action: Action) -> tuple[Float32[np.ndarray, "side side"], float, bool, bool, dict[str, Any]]:
        """Move by one cell, or stay where a wall is."""
        self.place = self.maze.after(self.place, action)
        found = self.place == self.maze.goal
        info = {"place": self.place, "reward/goal": float(found)}
        return self.maze.image(self.place), float(found), found, False, info


def goal_maze(floor: np.ndarray, world: int, shuffled: bool) -> Maze:
    """The maze number `world` on this floor: its goal, and its permutation of pixels."""
    if world < 0:
        raise ConfigError(f"Worlds are counted from 0, got {world}.")
    return Maze.on(floor, np.random.default_rng([world, 0]), shuffled=shuffled)
