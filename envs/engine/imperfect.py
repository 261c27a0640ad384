"""Imperfect senses: what the body observes arrives late and with noise, each environment by its own measure."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, Int, UInt64

from innervate.errors import UnknownNameError
from innervate.signals import Channel, slices

from ..noise import standard_normal
from ..randomisation import Randomisation


class ImperfectSenses:
    """Delays and blurs flat observations of `n` environments; state in arrays, one row an environment."""

    def __init__(self, channels: Sequence[Channel], n: int, control_step_s: float, options: Randomisation) -> None:
        columns = slices(channels)
        size = sum(channel.size for channel in channels)
        self._deviation = np.zeros(size)
        for name, deviation in options.noise.items():
            if name not in columns:
                raise UnknownNameError("channel to put noise on", name, columns)
            self._deviation[columns[name]] = deviation
        low_s, high_s = options.delay_s or (0.0, 0.0)
        self._delay_bounds = (low_s / control_step_s, high_s / control_step_s)
        self._past = np.zeros((n, round(self._delay_bounds[1]) + 1, size), np.float32)
        self._newest = 0
        self._delay = np.zeros(n, np.int64)
        self._key = np.zeros(n, np.uint64)
        self._step = np.zeros(n, np.uint64)

    def begin(
        self,
        ids: Int[np.ndarray, "chosen"],
        rngs: Sequence[np.random.Generator],
        clean: Float32[np.ndarray, "chosen o"],
    ) -> Float32[np.ndarray, "chosen o"]:
        """Draw delay and noise anew; before the start, things were as they are at the start."""
        low, high = self._delay_bounds
        for i in ids:
            self._delay[i] = round(rngs[i].uniform(low, high))
            self._key[i] = rngs[i].integers(2**64, dtype=np.uint64)
        self._step[ids] = 0
        self._past[ids] = clean[:, None]
        return self._blurred(clean, self._key[ids], self._step[ids])

    def sense(self, clean: Float32[np.ndarray, "env o"]) -> Float32[np.ndarray, "env o"]:
        """What arrives at this control step when the truth is `clean`."""
        length = self._past.shape[1]
        self._newest = (self._newest + 1) % length
        self._past[:, self._newest] = clean
        self._step += np.uint64(1)
        late = self._past[np.arange(len(clean)), (self._newest - self._delay) % length]
        return self._blurred(late, self._key, self._step)

    def _blurred(
        self, late: Float32[np.ndarray, "env o"], key: UInt64[np.ndarray, "env"], step: UInt64[np.ndarray, "env"]
    ) -> Float32[np.ndarray, "env o"]:
        if not self._deviation.any():
            return late
        blur = standard_normal(key, step, len(self._deviation)) * self._deviation
        return (late + blur).astype(np.float32)

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that later observations depend on; the past with the oldest first."""
        return {
            "senses/past": np.roll(self._past, -(self._newest + 1), axis=1),
            "senses/delay": self._delay.copy(),
            "senses/key": self._key.copy(),
            "senses/step": self._step.copy(),
        }

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on from a `snapshot`."""
        self._past[:] = snapshot["senses/past"]
        self._newest = self._past.shape[1] - 1
        self._delay[:] = snapshot["senses/delay"]
        self._key[:] = snapshot["senses/key"]
        self._step[:] = snapshot["senses/step"]
