"""The linear track without ends, run one way round."""

import numpy as np

from .find import FindEnv, goal_maze
from .maze import Maze, ring


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

    ## Description
    The linear track of "Predictive auxiliary objectives in deep RL mimic learning in the brain" (Fang & Stachenfeld,
    ICLR 2024): the outermost cells of a room of `size` x `size`, of which only the steps clockwise are open. The animal
    sees the track from above, one pixel a cell; the goal is not in the image.

    ## Action Space
    `Discrete(4)`: one cell a step.
    | Num | Action |
    |-----|--------|
    | 0   | up     |
    | 1   | right  |
    | 2   | down   |
    | 3   | left   |

    A step that does not lead on leaves the animal where it is.

    ## Observation Space
    `Box(-1, 1, (size + 2, size + 2), float32)`, the track from above.
    | Value | Meaning    |
    |-------|------------|
    | -1    | wall       |
    | 0     | track      |
    | 1     | the animal |

    ## Rewards
    | Term   | Meaning             | Min | Max |
    |--------|---------------------|-----|-----|
    | `goal` | 1 on the goal's cell | 0   | 1   |

    `info` carries it as `reward/goal`, and the number of the animal's cell, by rows, as `place`.

    ## Starting State
    A random cell that is not the goal.

    ## Episode End
    Termination at the goal; truncation after 150 steps.

    ## Arguments
    | Parameter  | Type   | Default | Description |
    |------------|--------|---------|-------------|
    | `size`     | int    | `8`     | cells a side of the ring |
    | `shuffled` | bool   | `True`  | permute the pixels of the observation |
    | `world`    | int    | `0`     | which goal and which permutation; the same number is the same world |
    """

    def __init__(self, size: int = 8, shuffled: bool = True, world: int = 0, render_mode: str | None = None) -> None:
        super().__init__(clockwise(goal_maze(ring(size), world, shuffled)), render_mode)
