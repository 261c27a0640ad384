"""A maze of cells as tables: where steps lead, and which pixel an animal lights."""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from innervate.errors import ConfigError

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""Row and column step of the actions up, right, down, left."""
WALL, FLOOR, ANIMAL = -1.0, 0.0, 1.0
"""Pixel values (Fang and Stachenfeld 2024)."""
FAR_CELLS = 3
"""A new goal lies more cells than this from the old one, in its row or its column (the same paper)."""

Floor = Bool[np.ndarray, "side side"]
Action = int | np.int64


def open_room(size: int) -> Floor:
    """A square room, `size` cells a side, with a wall around it: True where one can stand."""
    if size < 2:
        raise ConfigError(f"A room needs at least 2 x 2 cells, got size={size}.")
    return np.pad(np.ones((size, size), dtype=bool), 1)


def four_rooms(size: int) -> Floor:
    """The same square cut by two walls into four rooms, each wall with two doors."""
    if size < 5:
        raise ConfigError(f"Four rooms need at least 5 x 5 cells, got size={size}.")
    floor = open_room(size)
    wall = 1 + size // 2
    floor[wall, :] = floor[:, wall] = False
    for door in (1 + size // 4, 1 + size * 3 // 4):
        floor[wall, door] = floor[door, wall] = True
    return floor


def ring(size: int) -> Floor:
    """The outermost cells of the square alone: a track without ends."""
    if size < 3:
        raise ConfigError(f"A ring needs at least 3 x 3 cells, got size={size}.")
    floor = open_room(size)
    floor[2:-2, 2:-2] = False
    return floor


@dataclass(frozen=True)
class Maze:
    """Places are numbered by rows. `pixel` and `background` are what is seen, `cells` is what is."""

    cells: Int64[np.ndarray, "place 2"]
    """Row and column of each place."""
    successor: Int64[np.ndarray, "place 4"]
    """The place that up, right, down, left lead to; a wall leaves the animal where it is."""
    background: Float32[np.ndarray, "side side"]
    """The image without the animal."""
    pixel: Int64[np.ndarray, "place"]
    """The pixel of the flattened image that the animal lights at each place."""
    goal: int
    """Place of the reward, which is not in the image."""

    @classmethod
    def on(cls, floor: Floor, rng: np.random.Generator, *, shuffled: bool = True) -> "Maze":
        """A maze with a random goal; `shuffled` moves all pixels of its images by one random permutation.

        Then neighbouring places no longer light neighbouring pixels, and only experience tells what is near.
        """
        cells = np.argwhere(floor)
        number = np.full(floor.shape, -1)
        number[tuple(cells.T)] = np.arange(len(cells))
        ahead = cells[:, None] + np.array(MOVES)
        beyond = number[ahead[..., 0], ahead[..., 1]]
        successor = np.where(beyond < 0, np.arange(len(cells))[:, None], beyond)
        where_to = rng.permutation(floor.size) if shuffled else np.arange(floor.size)
        background = np.empty(floor.size, np.float32)
        background[where_to] = np.where(floor, FLOOR, WALL).ravel()
        pixel = where_to[np.ravel_multi_index((cells[:, 0], cells[:, 1]), floor.shape)]
        goal = int(rng.integers(len(cells)))
        return cls(cells, successor, background.reshape(floor.shape), pixel, goal)

    @property
    def places(self) -> int:
        """How many there are."""
        return len(self.cells)

    def after(self, place: int, action: Action) -> int:
        """Where an action leads."""
        if not 0 <= action < len(MOVES):
            raise ConfigError(f"An action is 0 (up), 1 (right), 2 (down) or 3 (left), got {action}.")
        return int(self.successor[place, action])

    def image(self, place: int) -> Float32[np.ndarray, "side side"]:
        """What is seen from above with the animal at `place`."""
        image = self.background.copy()
        image.flat[self.pixel[place]] = ANIMAL
        return image

    def images(self) -> Float32[np.ndarray, "place side side"]:
        """All of them."""
        return np.stack([self.image(place) for place in range(self.places)])

    def plan(self) -> Float32[np.ndarray, "side side"]:
        """The walls as they are, whatever the permutation: for pictures made for people."""
        plan = np.full(self.background.shape, WALL, np.float32)
        plan[tuple(self.cells.T)] = FLOOR
        return plan

    def with_new_goal(self, rng: np.random.Generator) -> "Maze":
        """The same maze, rewarded at another place, far from the present one."""
        apart = np.abs(self.cells - self.cells[self.goal]).max(axis=1)
        far = np.flatnonzero(apart > FAR_CELLS)
        if not len(far):
            raise ConfigError(f"No place lies more than {FAR_CELLS} cells from the goal; the maze is too small.")
        return replace(self, goal=int(rng.choice(far)))

    def reassigned(self, rng: np.random.Generator) -> "Maze":
        """The same images, each now seen at another place: what used to follow what no longer does."""
        return replace(self, pixel=rng.permutation(self.pixel))

    def one_way(self, allowed: Bool[np.ndarray, "place 4"]) -> "Maze":
        """The maze with the steps that are not allowed turned into walls."""
        stay = np.arange(self.places)[:, None]
        return replace(self, successor=np.where(allowed, self.successor, stay))

    def distances(self) -> Float[np.ndarray, "place place"]:
        """Steps of the shortest path from each place (rows) to each other; infinite where there is none."""
        steps = np.full((self.places, self.places), np.inf)
        for start in range(self.places):
            steps[start, start] = 0
            queue = deque([start])
            while queue:
                here = queue.popleft()
                for there in self.successor[here]:
                    if np.isinf(steps[start, there]):
                        steps[start, there] = steps[start, here] + 1
                        queue.append(int(there))
        return steps
