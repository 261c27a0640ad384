"""A rollout buffer that hands out consecutive control steps, for controllers that learn through time."""

from collections.abc import Generator
from typing import Any

import numpy as np
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.type_aliases import RolloutBufferSamples


class SequenceRolloutBuffer(RolloutBuffer):
    """Minibatches of whole chunks of `sequence_length` steps of one environment, laid out (time, chunk)."""

    def __init__(self, *args: Any, sequence_length: int, **kwargs: Any) -> None:
        self.sequence_length = sequence_length
        super().__init__(*args, **kwargs)

    def get(self, batch_size: int | None = None) -> Generator[RolloutBufferSamples, None, None]:
        """Every chunk once, in random order; `batch_size` counts single steps."""
        length = self.sequence_length
        if not self.generator_ready:
            for name in ("observations", "actions", "values", "log_probs", "advantages", "returns"):
                setattr(self, name, self.swap_and_flatten(getattr(self, name)))  # (env, time) in this order
            self.generator_ready = True
        chunks = self.n_envs * self.buffer_size // length
        # stable-baselines3 draws its minibatches from the global generator, which the learner saves and restores.
        order = np.random.permutation(chunks)  # noqa: NPY002
        per_batch = chunks if batch_size is None else max(1, batch_size // length)
        for start in range(0, chunks, per_batch):
            first = order[start : start + per_batch] * length
            yield self._get_samples((np.arange(length)[:, None] + first[None, :]).reshape(-1))
