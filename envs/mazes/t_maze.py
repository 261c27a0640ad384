"""Left and right in turn, with no sign of which but one's own past.

The alternating T-maze: left and right in turn, with no sign of which but one's own past.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from jaxtyping import Float32

from innervate.errors import ConfigError

from ..term import Term
from ._env import MazeEnv
from ._maze import ANIMAL, WALL, Action, Floor, Maze

EPISODE_STEPS = 2000

ARM = STEM = 5
"""Cells along the top, and from the crossing down to the foot, both included."""
REWARD, BUMP = 5.0, -1.0
FADING = 0.9
"""Weight of an observation one step older (Fang and Stachenfeld 2024)."""
TRACE = 6
"""Older observations that are still seen; at the crossing, five steps are enough to see the arm that it was in."""


def t_floor() -> Floor:
    """A T in a square image of 7 x 7."""
    floor = np.zeros((STEM + 2, ARM + 2), dtype=bool)
    floor[1, 1:-1] = floor[1:-1, 1 + ARM // 2] = True
    return floor


class TMazeEnv(MazeEnv):
    """Fetch rewards from the left arm, the right arm, the left arm, and so on, from the foot of the stem each time.

    The alternating T-maze of "Predictive auxiliary objectives in deep RL mimic learning in the brain" (Fang &
    Stachenfeld, ICLR 2024), seen from above in an image of 7 x 7. Which arm is next cannot be seen; the observation
    holds the animal's own trace, o(t) + sum over k = 1..`trace` of 0.9^k o(t - k), walls left out of the sum.

    The rewarded animal is put back at the foot, so that the arm it comes from is still in sight when it is back at the
    crossing, and the best walk is rewarded every sixth step: 415 in the 500 steps that the paper judges, the most that
    it reports. (Without being put back no walk on which only the arms are rewarded has more than 210.)

    ## Observation Space
    The maze from above with the trace of the animal; one that has long stayed has 1 + 0.9 + ... + 0.9^6 = 5.2 where it
    is.

    ## Rewards
    `info` also has the number of the animal's cell, by rows, as `place`, and as `turn` which arm is next: 0 left,
    1 right.

    ## Starting State
    The foot of the stem, with the left arm next.
    """

    values = (("-1", "wall"), ("0", "floor where the animal has not been"), ("above 0", "the animal, or its trace"))
    terms = (
        Term("fetch", "5 at the end of the arm that is next", 0.0, REWARD),
        Term("bump", "-1 for a step against a wall", BUMP, 0.0),
    )

    def __init__(self, trace: int = TRACE, render_mode: str | None = None) -> None:
        """Make the environment.

        Args:
            trace: Older places that are seen, 0 or more.
            render_mode: `rgb_array` for a picture.
        """
        super().__init__(Maze.on(t_floor(), np.random.default_rng(0), shuffled=False), render_mode)
        if trace < 0:
            raise ConfigError(f"The trace is a number of older places, 0 or more; {trace} was asked for.")
        self.arms, self.foot = (0, ARM - 1), self.maze.places - 1
        self.observation_space = gym.spaces.Box(WALL, (1 + trace) * ANIMAL, self.maze.background.shape, np.float32)
        self.place, self.turn = self.foot, 0
        self._trace: deque[int] = deque(maxlen=trace + 1)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "side side"], dict[str, Any]]:
        """Begin at the foot."""
        super().reset(seed=seed)
        self.place, self.turn = self.foot, 0
        self._trace.clear()
        self._trace.appendleft(self.place)
        return self._observe(), {"place": self.place, "turn": self.turn}

    def step(self, action: Action) -> tuple[Float32[np.ndarray, "side side"], float, bool, bool, dict[str, Any]]:
        """Move by one cell, or bump."""
        before = self.place
        self.place = self.maze.after(before, action)
        fetched = self.place == self.arms[self.turn]
        terms = {"fetch": REWARD * fetched, "bump": BUMP * (self.place == before)}
        if fetched:
            self.place, self.turn = self.foot, 1 - self.turn
        self._trace.appendleft(self.place)
        info = {"place": self.place, "turn": self.turn} | {f"reward/{name}": value for name, value in terms.items()}
        return self._observe(), sum(terms.values()), False, False, info

    def snapshot(self) -> dict[str, np.ndarray]:
        """Also which arm is next, and the trace."""
        trace = np.array(self._trace, np.int64)
        return {**super().snapshot(), "turn": np.array(self.turn), "trace": trace}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on where `snapshot` was taken."""
        super().restore(snapshot)
        self.turn = int(snapshot["turn"])
        self._trace = deque((int(p) for p in snapshot["trace"]), maxlen=self._trace.maxlen)

    @property
    def rewarded(self) -> int:
        """The end of the arm that is next."""
        return self.arms[self.turn]

    def _observe(self) -> Float32[np.ndarray, "side side"]:
        image = self.maze.background.copy()
        for age, place in enumerate(self._trace):
            image.flat[self.maze.pixel[place]] += ANIMAL * FADING**age
        return image
