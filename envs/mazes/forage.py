"""A room seen from above, its pixels shuffled, with a goal that is not seen.

The foraging room of "Predictive auxiliary objectives in deep RL mimic learning in the brain".
"""

from ._find import FindEnv, goal_maze
from ._maze import four_rooms, open_room

EPISODE_STEPS = 150


class ForageEnv(FindEnv):
    """Find the hidden goal of a room.

    The foraging task of "Predictive auxiliary objectives in deep RL mimic learning in the brain" (Fang & Stachenfeld,
    ICLR 2024). An animal moves in a room of `size` x `size` cells and sees it from above, one pixel a cell. The goal
    is not in the image. With `shuffled`, all pixels of the image change places by one permutation that belongs to the
    world, so that near places do not look alike and only experience tells what is near.

    ## Observation Space
    The room with its wall from above, (`size` + 2) x (`size` + 2).
    """

    def __init__(
        self,
        size: int = 8,
        walls: bool = False,
        shuffled: bool = True,
        world: int = 0,
        render_mode: str | None = None,
    ) -> None:
        """Make the environment.

        Args:
            size: Cells a side, without the wall.
            walls: Two walls with two doors each cut the room into four.
            shuffled: Permute the pixels of the observation.
            world: Which goal and which permutation; the same number is the same world.
            render_mode: `rgb_array` for a picture.
        """
        floor = four_rooms(size) if walls else open_room(size)
        super().__init__(goal_maze(floor, world, shuffled), render_mode)
