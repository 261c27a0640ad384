"""What people see of a maze: colours, larger pixels, and where the reward is."""

import numpy as np
from jaxtyping import Float32, UInt8

from ._maze import Maze

PIXELS = 16
"""A cell's side in the picture."""
WALL_RGB, FLOOR_RGB, ANIMAL_RGB, REWARD_RGB = (60, 60, 70), (235, 232, 225), (200, 60, 40), (240, 200, 80)


def picture(maze: Maze, place: int, rewarded: int) -> UInt8[np.ndarray, "height width 3"]:
    """The maze as it is (not as it is observed, which may be shuffled), the animal on top of the reward."""
    plan: Float32[np.ndarray, "side side"] = maze.plan()
    colours = np.where((plan < 0)[..., None], WALL_RGB, FLOOR_RGB).astype(np.uint8)
    colours[tuple(maze.cells[rewarded])] = REWARD_RGB
    image = colours.repeat(PIXELS, axis=0).repeat(PIXELS, axis=1)
    row, column = maze.cells[place] * PIXELS
    margin = PIXELS // 4
    image[row + margin : row + PIXELS - margin, column + margin : column + PIXELS - margin] = ANIMAL_RGB
    return image
