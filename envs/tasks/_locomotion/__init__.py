"""Gymnasium's own MuJoCo bodies on the batched engine: their MJCF files, their observations, rewards and ends.

Nothing in the engine knows them: they are bodies like a user's own, with the sensors added that the tasks read.
"""

from .rules import Classic, FallingOptions, LocomotionOptions, UprightOptions
from .task import Falling, Locomotion, classic

__all__ = ["Classic", "Falling", "FallingOptions", "Locomotion", "LocomotionOptions", "UprightOptions", "classic"]
