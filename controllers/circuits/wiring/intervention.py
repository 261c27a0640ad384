"""Stimulation of named neurons during an episode."""

import math
import re
from dataclasses import dataclass

from innervate.errors import ConfigError

_SENTENCE = re.compile(
    r"(?P<neuron>\S+)\s+(?P<current>[-+.\deE]+)"
    r"(?:\s+from\s+(?P<start>[.\deE+-]+)\s*s)?(?:\s+to\s+(?P<stop>[.\deE+-]+)\s*s)?"
)


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """A current into a neuron, or into each neuron of a class, added to its input."""

    neuron: str
    current: float
    start_s: float = 0.0
    stop_s: float = math.inf

    def __post_init__(self) -> None:
        if not math.isfinite(self.current):
            raise ConfigError(f"The stimulus of {self.neuron} must be a finite current, got {self.current}.")
        if not 0 <= self.start_s < self.stop_s:
            raise ConfigError(
                f"The stimulus of {self.neuron} must end after it begins, and begin at 0 s or later; "
                f"got {self.start_s:g} s to {self.stop_s:g} s."
            )

    @classmethod
    def parse(cls, sentence: str) -> "Stimulus":
        """From words such as "AVB 0.5 from 5 s to 8 s"; begin and end may be left out."""
        match = _SENTENCE.fullmatch(sentence.strip())
        try:
            if match is None:
                raise ValueError
            start, stop = match["start"], match["stop"]
            return cls(
                neuron=match["neuron"],
                current=float(match["current"]),
                start_s=0.0 if start is None else float(start),
                stop_s=math.inf if stop is None else float(stop),
            )
        except ValueError:
            raise ConfigError(
                f'A stimulus reads like "AVB 0.5 from 5 s to 8 s" (neuron or class, current, times); got "{sentence}".'
            ) from None

    def first_step(self, dt_s: float) -> int:
        """The control step at which it begins."""
        return round(self.start_s / dt_s)

    def stop_step(self, dt_s: float) -> int:
        """The first control step without it."""
        return 2**62 if math.isinf(self.stop_s) else round(self.stop_s / dt_s)
