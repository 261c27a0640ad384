"""What all mazes are to Gymnasium: four actions, an image, a picture for people, and a manual that is made."""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from jaxtyping import Float32, UInt8

from innervate.errors import ConfigError

from ..engine.seeding import from_words, to_words
from ..prose import Made
from ..term import Term
from ._manual import manual_of
from ._maze import Action, Maze
from ._picture import picture


class MazeEnv(gym.Env[Float32[np.ndarray, "side side"], Action]):
    """A maze of single cells, seen from above.

    A subclass's docstring is prose under headings; the tables of its manual are made of what it says here as data.

    ## Action Space
    A step against a wall leaves the animal where it is.

    ## Rewards
    `info` also has the number of the animal's cell, by rows, as `place`.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012  (Gymnasium's name)
    actions: tuple[str, ...] = ("up", "right", "down", "left")
    """What each number of the action space does."""
    values: tuple[tuple[str, str], ...] = (("-1", "wall"), ("0", "floor"), ("1", "the animal"))
    """What each value of a pixel means."""
    terms: tuple[Term, ...]
    """What each term of the reward means."""
    maze: Maze
    place: int

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        setattr(cls, "__doc__", Made(vars(cls).get("__doc__"), manual_of))  # noqa: B010  (a docstring that is no text)

    def __init__(self, maze: Maze, render_mode: str | None) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f"render_mode must be None or 'rgb_array', got {render_mode!r}.")
        self.maze, self.render_mode = maze, render_mode
        self.action_space = gym.spaces.Discrete(len(self.actions))

    def render(self) -> UInt8[np.ndarray, "height width 3"] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The maze from above, with the reward."""
        return picture(self.maze, self.place, self.rewarded) if self.render_mode == "rgb_array" else None

    def snapshot(self) -> dict[str, np.ndarray]:
        """Where the animal is, and the state of its generator; `restore` goes on from there."""
        return {"place": np.array(self.place), "rng": to_words([self.np_random])[0]}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on where `snapshot` was taken, in a maze made alike."""
        self.place = int(snapshot["place"])
        self.np_random = from_words(snapshot["rng"][None])[0]

    @property
    def rewarded(self) -> int:
        """The place of the reward."""
        return self.maze.goal
