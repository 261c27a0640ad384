"""Slow adaptation of the complex cells: each answers to what differs from its own recent mean."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32


@dataclass(frozen=True)
class Adaptation:
    """How far the cells have adapted; a value that travels with the stream of images, not hidden in the network."""

    mean: Float32[np.ndarray, "cell"]
    """What each cell takes for normal."""
    frames: int
    """Frames behind the mean."""

    def step(
        self, activity: Float32[np.ndarray, "cell"], memory_frames: int
    ) -> tuple[Float32[np.ndarray, "cell"], "Adaptation"]:
        """The deviation from a mean that includes this frame, and the state after it.

        All frames count alike until there are `memory_frames` of them; from then on old ones fade exponentially.
        """
        frames = min(self.frames + 1, memory_frames)
        mean = self.mean + (activity - self.mean) / np.float32(frames)
        return activity - mean, Adaptation(mean, frames)
