"""The same arms hold the hand where it is against a force.

Hold a posture of a muscle-driven arm against a force on the hand.
"""

from dataclasses import dataclass

from ..world import World
from ._shared.arm import ArmOptions, ArmTask, arm_world

EPISODE_STEPS = 150
EXAMPLES = ({"load": "pulse", "onset_s": 0.1, "signal_dependent_noise": 0.1}, {"arms": 2, "load": "sinusoid"},)


@dataclass(frozen=True, kw_only=True)
class HoldOptions(ArmOptions):
    """Options of `innervate/Hold-v0`."""

    load: str = "constant"
    """How the force on each hand goes: `none`, or `constant`, `pulse` or `sinusoid` from the onset on."""



class Hold(ArmTask):
    """Hold the hand where it is against a force.

    The hold task of "Left/Right Brain, human motor control and the implications for robotics" (Rinaldo et al., 2024),
    whose force is constant from the start; also pulses and sinusoids, of a direction that the arm is not told.

    ## Rewards
    `info["success"]`: every hand within 2 cm of its target and slower than 0.1 m/s, from 0.5 s after the onset on.

    ## Starting State
    Each joint is anywhere in its range (shoulder 0 to 135, elbow 0 to 155 degrees) but for a tenth of it at each end,
    uniformly; everything is at rest, the muscles inactive. The target is the hand's place at the start.
    """

    options: HoldOptions

    @property
    def counts_after_s(self) -> float:
        """At the start every hand is where it should be; it has been held when the force has had time to move it."""
        return self.options.onset_s + 0.5


def world(options: HoldOptions) -> World:
    """One arm or two at a table."""
    return arm_world(options, Hold(options))
