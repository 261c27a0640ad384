"""An arm of two joints and six muscles, or two of them, bring the hand to a target.

Reach with a muscle-driven arm.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError

from ..inputs import Given
from ..memory import Memory
from ..sensors import Sensors
from ..world import World
from ._shared.arm import CENTRAL_RAD, GOAL, ArmOptions, ArmTask, arm_world

EPISODE_STEPS = 150
EXAMPLES = ({"go_s": 0.2, "signal_dependent_noise": 0.2}, {"arms": 2},)

FARTHEST_M = 0.16
"""From the hand in the central posture, which a hand can be asked to reach: inside the joints' ranges all around."""


@dataclass(frozen=True, kw_only=True)
class ReachOptions(ArmOptions):
    """Options of `innervate/Reach-v0`."""

    go_s: float = 0.0
    """When the target leaves the hand's start for its place: the go cue."""
    reach_m: float | None = None
    """How far the target is, in one of eight directions, from the hand in the central posture (shoulder 45 and elbow 90
    degrees), where it then starts: centre-out reaching. None for any posture to any other."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.go_s < math.inf:
            raise ConfigError(f"The go cue must come at a finite time of 0 s or more; go_s is {self.go_s}.")
        if self.reach_m is not None and not 0 < self.reach_m <= FARTHEST_M:
            raise ConfigError(
                f"From the central posture a hand can reach up to {FARTHEST_M} m all around; reach_m is {self.reach_m}."
            )


DIRECTIONS = 8
"""Of centre-out reaching."""


class Reach(ArmTask):
    """Reach a target with the hand.

    Random reaches, as in "Left/Right Brain, human motor control and the implications for robotics" (Rinaldo et al.,
    2024): the target is the hand's place in another random posture.

    ## Rewards
    `info["success"]`: every hand within 2 cm of its target and slower than 0.1 m/s, after the go cue.

    ## Starting State
    Each joint is anywhere in its range (shoulder 0 to 135, elbow 0 to 155 degrees) but for a tenth of it at each end,
    uniformly; everything is at rest, the muscles inactive. The target is drawn like the start. With `reach_m`, reaches
    are centre-out: from the central posture (45 and 90 degrees) in one of eight directions. Until `go_s` the target
    lies at the hand.
    """

    options: ReachOptions

    @property
    def counts_after_s(self) -> float:
        """Until the go cue the target lies at the hand."""
        return self.options.go_s

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """A posture, and a target, which lies at the hand if a go cue is awaited."""
        start = super().begin(rng, n)
        if self.options.go_s > 0:
            start["mocap_pos"] = self.hand_at(start["qpos"].reshape(n, self.arms, 2))
        return start

    def starts(self, rng: np.random.Generator, n: int) -> Float[np.ndarray, "env arm 2"]:
        """Any posture, or the central one."""
        if self.options.reach_m is None:
            return self.posture(rng, n)
        return np.tile(np.array(CENTRAL_RAD), (n, self.arms, 1))

    def goals(
        self, rng: np.random.Generator, start: Float[np.ndarray, "env arm 2"]
    ) -> Float[np.ndarray, "env arm 3"]:
        """Where the hand is in another posture, or so far from the start in one of eight directions."""
        if self.options.reach_m is None:
            return self.hand_at(self.posture(rng, len(start)))
        goal = self.hand_at(start)
        angle = rng.integers(DIRECTIONS, size=goal.shape[:2]) * (2 * np.pi / DIRECTIONS)
        goal[..., :2] += self.options.reach_m * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        return goal

    def drive(self, s: Sensors, action: Float[np.ndarray, "env actuator"], memory: Memory) -> dict[str, Given]:
        """What every arm is driven by, and the target at its place from the go cue on."""
        inputs = super().drive(s, action, memory)
        if self.options.go_s == 0:
            return inputs
        goal = memory[:, GOAL][:, : 3 * self.arms].reshape(len(s), self.arms, 3)
        shown = s["target"].reshape(goal.shape)
        go = s["time"][:, :, None] >= self.options.go_s - 1e-9
        return {**inputs, "mocap_pos": np.where(go, goal, shown)}


def world(options: ReachOptions) -> World:
    """One arm or two at a table."""
    return arm_world(options, Reach(options))
