"""Where things are on the ground: walls, boxes, home, and places for starts and goals that keep clear of them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError

DENSITY = 0.4
"""Share of the ground that discs of the distance between goals may cover; thrown at random they jam at 0.547."""
TRIES = 2_000
DOOR_M, GAP_M = 1.4, 1.6
"""Widths of the door in the middle of the partition and of the gap at its end."""
BOX_M = 0.35
"""Half a side of a box."""


@dataclass(frozen=True)
class Ground:
    """A square around the origin, on which bodies start and food lies."""

    side_m: float
    margin_m: float
    """How far from the edge starts and goals keep."""
    radius_m: float
    """Of the disc of food."""
    boxes: Float[np.ndarray, "box 2"]
    """Middles of the boxes that stand in the way."""
    parted: bool
    """Whether a partition along x = 0 lies between starts (x below 0) and goals."""

    @property
    def reach_m(self) -> float:
        """Largest coordinate of a start or a goal."""
        return self.side_m / 2 - self.margin_m

    @property
    def apart_m(self) -> float:
        """Least distance between two goals."""
        return max(2.5 * self.radius_m, 0.1 * self.side_m)

    @property
    def away_m(self) -> float:
        """Least distance of a start from the food."""
        return self.side_m / 4

    @property
    def home_m(self) -> tuple[float, float]:
        """The middle of the home: towards a corner."""
        return -0.8 * self.reach_m, -0.8 * self.reach_m

    def check_room(self, places: int, at_once: int) -> None:
        """Raise `ConfigError` where so many goals do not fit."""
        width = 2 * self.reach_m
        area = width * (width / 2 if self.parted else width)
        fit = int(DENSITY * area / (np.pi * (self.apart_m / 2) ** 2))
        if places > fit:
            raise ConfigError(
                f"{places} goals {self.apart_m:g} m apart do not fit on the ground of {self.side_m:g} m, {fit} do; "
                "ask for fewer goals or days, or for a longer side_m."
            )
        if at_once * np.pi * self.away_m**2 > 1.5 * width * width:
            raise ConfigError(
                f"{at_once} goals at once leave no start {self.away_m:g} m away from all of them; ask for fewer."
            )

    def goals(self, rng: np.random.Generator, places: int) -> Float[np.ndarray, "place 2"]:
        """Places for food, apart from each other and clear of boxes and walls."""
        found: list[np.ndarray] = []
        for _ in range(TRIES):
            if len(found) == places:
                break
            p = rng.uniform(-self.reach_m, self.reach_m, 2)
            if self.parted:
                p[0] = abs(p[0])
            if self._free(p, self.radius_m) and all(_apart(p, q) >= self.apart_m for q in found):
                found.append(p)
        if len(found) < places:
            raise ConfigError(f"{places} goals did not fit between the boxes; ask for fewer goals or obstacles.")
        return np.array(found).reshape(places, 2)

    def start(
        self, rng: np.random.Generator, food: Float[np.ndarray, "goal 2"]
    ) -> tuple[float, float, float]:
        """A place and a heading to begin at, away from the food."""
        p = np.zeros(2)
        for _ in range(TRIES):
            p = rng.uniform(-self.reach_m, self.reach_m, 2)
            if self.parted:
                p[0] = -abs(p[0])
            if self._free(p, 0.5) and all(_apart(p, q) >= self.away_m for q in food):
                return float(p[0]), float(p[1]), float(rng.uniform(-np.pi, np.pi))
        raise ConfigError("There is no start away from all food and boxes; ask for fewer goals or obstacles.")

    def _free(self, p: np.ndarray, room_m: float) -> bool:
        clear = all(_apart(p, box) >= room_m + 1.5 * BOX_M for box in self.boxes)
        return clear and (not self.parted or abs(float(p[0])) >= 0.5 + room_m)


def boxes(rng: np.random.Generator, count: int, side_m: float, margin_m: float) -> Float[np.ndarray, "box 2"]:
    """Middles of boxes, far enough from each other and from the middle line for the body to pass between them."""
    reach, found = side_m / 2 - margin_m, list[np.ndarray]()
    for _ in range(TRIES):
        if len(found) == count:
            break
        p = rng.uniform(-reach, reach, 2)
        if abs(p[0]) > 1.2 and all(_apart(p, q) > 4 * BOX_M + 0.6 for q in found):
            found.append(p)
    if len(found) < count:
        raise ConfigError(f"{count} obstacles do not fit on the ground of {side_m:g} m; ask for fewer.")
    return np.array(found).reshape(count, 2)


def _apart(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.sqrt(((p - q) ** 2).sum()))
