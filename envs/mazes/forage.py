"""The foraging room of "Predictive auxiliary objectives in deep RL mimic learning in the brain"."""

from .find import FindEnv, goal_maze
from .maze import four_rooms, open_room


class ForageEnv(FindEnv):
    """Find the hidden goal of a room.

    ## Description
    The foraging task of "Predictive auxiliary objectives in deep RL mimic learning in the brain" (Fang & Stachenfeld,
    ICLR 2024). An animal moves in a room of `size` x `size` cells and sees it from above, one pixel a cell. The goal
    is not in the image. With `shuffled`, all pixels of the image change places by one permutation that belongs to the
    world, so that near places do not look alike and only experience tells what is near.

    ## Action Space
    `Discrete(4)`: one cell a step.
    | Num | Action |
    |-----|--------|
    | 0   | up     |
    | 1   | right  |
    | 2   | down   |
    | 3   | left   |

    A step against a wall leaves the animal where it is.

    ## Observation Space
    `Box(-1, 1, (size + 2, size + 2), float32)`, the room with its wall from above.
    | Value | Meaning    |
    |-------|------------|
    | -1    | wall       |
    | 0     | floor      |
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
    | `size`     | int    | `8`     | cells a side, without the wall |
    | `walls`    | bool   | `False` | two walls with two doors each cut the room into four |
    | `shuffled` | bool   | `True`  | permute the pixels of the observation |
    | `world`    | int    | `0`     | which goal and which permutation; the same number is the same world |
    """

    def __init__(
        self,
        size: int = 8,
        walls: bool = False,
        shuffled: bool = True,
        world: int = 0,
        render_mode: str | None = None,
    ) -> None:
        floor = four_rooms(size) if walls else open_room(size)
        super().__init__(goal_maze(floor, world, shuffled), render_mode)
