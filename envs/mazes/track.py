"""A ring to run around, for place fields.

The linear track without ends, run one way round.
"""

import numpy as np

from ._find import FindEnv, goal_maze
from ._maze import Maze, ring

EPISODE_STEPS = 150


def clockwise(maze: Maze) -> Maze:
    """The ring with only the steps that lead on, seen from above, as the clock's hands do."""
    row, column = maze.cells.T
    first, last = row.min(), row.max()
    ahead = np.zeros((maze.places, 4), dtype=bool)
    ahead[:, 0] = (column == first) & (row > first)
    ahead[:, 1] = (row == first) & (column < last)
    ahead[:, 2] = (column == last) & (row < last)
    ahead[:, 3] = (row == last) & (column > first)
    return maze.one_way(ahead)


class TrackEnv(FindEnv):
    """Run along a ring to its hidden goal, in which place cells move backwards.

    The linear track of "Predictive auxiliary objectives in deep RL mimic learning in the brain" (Fang & Stachenfeld,
    ICLR 2024): the outermost cells of a room of `size` x `size`, of which only the steps clockwise are open. The animal
    sees the track from above, one pixel a cell; the goal is not in the image.

    ## Action Space
    A step that does not lead on leaves the animal where it is.

    ## Observation Space
    The track from above, (`size` + 2) x (`size` + 2).
    """

    values = (("-1", "wall"), ("0", "track"), ("1", "the animal"))

    def __init__(self, size: int = 8, shuffled: bool = True, world: int = 0, render_mode: str | None = None) -> None:
        """Make the environment.

        Args:
            size: Cells a side of the ring.
            shuffled: Permute the pixels of the observation.
            world: Which goal and which permutation; the same number is the same world.
            render_mode: `rgb_array` for a picture.
        """
        super().__init__(clockwise(goal_maze(ring(size), world, shuffled)), render_mode)
