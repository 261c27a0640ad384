"""One seed makes everything: named, independent streams."""

from dataclasses import dataclass

import numpy as np
import torch

__all__ = ["Streams"]


@dataclass(frozen=True)
class Streams:
    """Children of one seed; equal seeds give equal streams whatever else is drawn."""

    seed: int

    def _child(self, index: int, *more: int) -> np.random.SeedSequence:
        return np.random.SeedSequence(self.seed, spawn_key=(index, *more))

    def controller(self) -> torch.Generator:
        """Initial weights of the controller."""
        return self._torch(self._child(0))

    def critic(self) -> torch.Generator:
        """Initial weights of everything else that is learned."""
        return self._torch(self._child(1))

    def learner(self) -> np.random.Generator:
        """Draws of the learner itself."""
        return np.random.default_rng(self._child(2))

    def environments(self, count: int, round_: int = 0) -> list[int]:
        """Seeds of `count` environments; another `round_` gives others."""
        return [int(s) >> 1 for s in self._child(3, round_).generate_state(count, np.uint32)]

    def integer(self) -> int:
        """A seed for libraries that want a single integer."""
        return int(self._child(4).generate_state(1, np.uint32)[0])

    @staticmethod
    def evaluation(count: int) -> list[int]:
        """Held-out episodes, the same for every run; training seeds lie below 2^31, these above."""
        return [2**31 + i for i in range(count)]

    @staticmethod
    def validation(count: int) -> list[int]:
        """Episodes for curves during training, neither trained on nor reported as held out."""
        return [3 * 2**30 + i for i in range(count)]

    @staticmethod
    def _torch(child: np.random.SeedSequence) -> torch.Generator:
        return torch.Generator().manual_seed(int(child.generate_state(1, np.uint64)[0]) >> 1)
