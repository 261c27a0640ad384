"""What is kept of an episode, number by number, in MuJoCo's `userdata`."""

import numpy as np
from jaxtyping import Float

TRIAL, BEGAN, PATH, HUNGER, FROM_X, FROM_Y = range(6)
"""The trial's number; the control step at which it began; metres since then; hunger; where the body was last put."""
_HEAD = 6


class Ledger:
    """Where in `userdata` the course of an episode lies, for `trials` trials, `places` places, `bowls` of food."""

    def __init__(self, trials: int, places: int, bowls: int) -> None:
        self.starts = slice(_HEAD, _HEAD + 3 * trials)
        self.kidnaps = slice(self.starts.stop, self.starts.stop + 3 * trials)
        self.places = slice(self.kidnaps.stop, self.kidnaps.stop + 2 * places)
        self.empty = slice(self.places.stop, self.places.stop + bowls)
        """The control step from which each bowl is full again."""
        self.size = self.empty.stop

    def starts_of(self, rows: Float[np.ndarray, "env size"]) -> Float[np.ndarray, "env trial 3"]:
        """x, y and heading at which each trial begins."""
        return rows[:, self.starts].reshape(len(rows), -1, 3)

    def kidnaps_of(self, rows: Float[np.ndarray, "env size"]) -> Float[np.ndarray, "env trial 3"]:
        """x, y and heading to which a kidnap in each trial leads."""
        return rows[:, self.kidnaps].reshape(len(rows), -1, 3)

    def places_of(self, rows: Float[np.ndarray, "env size"]) -> Float[np.ndarray, "env place 2"]:
        """All places of the course (m)."""
        return rows[:, self.places].reshape(len(rows), -1, 2)
