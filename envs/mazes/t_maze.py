"""The alternating T-maze: left and right in turn, with no sign of which but one's own past."""

from collections import deque
from typing import Any

import gymnasium as gym
import numpy as np
from jaxtyping import Float32, UInt8

from innervate.errors import ConfigError

from .maze import ANIMAL, WALL, Action, Floor, Maze
from .picture import picture

ARM = STEM = 5
"""Cells along the top, and from the crossing down to the foot, both included."""
REWARD, BUMP = 5.0, -1.0
FADING = 0.9
"""Weight of an observation one step older (Fang and Stachenfeld 2024)."""
TRACE = 6
"""Older observations that are still seen, as the paper states it."""
SUFFICIENT_TRACE = 9
"""As many as the animal needs to see, at the crossing, which arm it came from."""


def t_floor() -> Floor:
    """A T in a square image of 7 x 7."""
    floor = np.zeros((STEM + 2, ARM + 2), dtype=bool)
    floor[1, 1:-1] = floor[1:-1, 1 + ARM // 2] = True
    return floor


class TMazeEnv(gym.Env[Float32[np.ndarray, "side side"], Action]):
    """Fetch rewards from the left arm, the foot of the stem, the right arm, the foot, and so on.

    ## Description
    The alternating T-maze of "Predictive auxiliary objectives in deep RL mimic learning in the brain" (Fang &
    Stachenfeld, ICLR 2024), seen from above in an image of 7 x 7. Which arm is next cannot be seen; the observation
    holds the animal's own trace, o(t) + sum over k = 1..`trace` of 0.9^k o(t - k), walls left out of the sum.

    With a trace of 6, as the paper states it, the arm is out of sight before the animal that walks straight is back at
    the crossing: an agent without a memory of its own has to leave itself a sign (a detour, a bump), and cannot reach
    the paper's reward. From 9 on (`SUFFICIENT_TRACE`) the crossing shows the arm.

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
    `Box(-1, 1 + trace, (7, 7), float32)`: -1 for walls, elsewhere the trace of the animal (1 at its place without one;
    an animal that has long stayed has 1 + 0.9 + ... + 0.9^6 = 5.2 there).

    ## Rewards
    | Term     | Meaning                           | Min | Max |
    |----------|-----------------------------------|-----|-----|
    | `fetch`  | 5 at the place that is next       | 0   | 5   |
    | `bump`   | -1 for a step against a wall      | -1  | 0   |

    `info` carries each as `reward/<term>`, the number of the animal's cell, by rows, as `place`, and as `leg` which
    reward is next: 0 left arm, 1 foot, 2 right arm, 3 foot.

    ## Starting State
    The foot of the stem, with the left arm next.

    ## Episode End
    No termination; truncation after 2000 steps. The best walk is rewarded every sixth step.

    ## Arguments
    | Parameter | Type | Default | Description |
    |-----------|------|---------|-------------|
    | `trace`   | int  | `6`     | older places that are seen, 0 or more |
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012  (Gymnasium's name)

    def __init__(self, trace: int = TRACE, render_mode: str | None = None) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f"render_mode must be None or 'rgb_array', got {render_mode!r}.")
        self.maze = Maze.on(t_floor(), np.random.default_rng(0), shuffled=False)
        if trace < 0:
            raise ConfigError(f"The trace is a number of older places, 0 or more; {trace} was asked for.")
        self.render_mode = render_mode
        left, foot = 0, self.maze.places - 1
        self.legs = (left, foot, ARM - 1, foot)
        self.observation_space = gym.spaces.Box(WALL, (1 + trace) * ANIMAL, self.maze.background.shape, np.float32)
        self.action_space = gym.spaces.Discrete(4)
        self.place, self.leg = foot, 0
        self._trace: deque[int] = deque(maxlen=trace + 1)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "side side"], dict[str, Any]]:
        """Begin at the foot."""
        super().reset(seed=seed)
        self.place, self.leg = self.maze.places - 1, 0
        self._trace.clear()
        self._trace.appendleft(self.place)
        return self._observe(), {"place": self.place, "leg": self.leg}

    def step(self, action: Action) -> tuple[Float32[np.ndarray, "side side"], float, bool, bool, dict[str, Any]]:
        """Move by one cell, or bump."""
        before = self.place
        self.place = self.maze.after(before, action)
        self._trace.appendleft(self.place)
        fetched = self.place == self.legs[self.leg]
        terms = {"fetch": REWARD * fetched, "bump": BUMP * (self.place == before)}
        self.leg = (self.leg + fetched) % len(self.legs)
        info = {"place": self.place, "leg": self.leg} | {f"reward/{name}": value for name, value in terms.items()}
        return self._observe(), sum(terms.values()), False, False, info

    def render(self) -> UInt8[np.ndarray, "height width 3"] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The maze from above, with the reward that is next."""
        return picture(self.maze, self.place, self.legs[self.leg]) if self.render_mode == "rgb_array" else None

    def _observe(self) -> Float32[np.ndarray, "side side"]:
        image = self.maze.background.copy()
        for age, place in enumerate(self._trace):
            image.flat[self.maze.pixel[place]] += ANIMAL * FADING**age
        return image
