"""What a controller is told about the body it will drive: named observations, actions, control step."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel, check_channels, total

__all__ = ["ControllerSpec", "Obs", "State"]

Obs = Mapping[str, Tensor]
"""Named observations, each (batch, size), float32, in the units that the channels say."""

State = dict[str, Tensor]
"""All that a controller remembers between two control steps; every tensor has a leading batch axis."""


@dataclass(frozen=True, kw_only=True)
class ControllerSpec:
    """The interface between a nervous system and its body."""

    observations: tuple[Channel, ...]
    action_size: int
    """Actions are fractions of the actuators' limits, in [-1, 1], in the order of the body's actuators."""
    control_step_s: float
    choices: tuple[int, ...] = ()
    """For a body that chooses instead of pushing, how many alternatives each of its choices has: there an action is a
    preference for each alternative, choice after choice, and the most preferred ones are taken."""

    def __post_init__(self) -> None:
        check_channels(self.observations, "A controller's observations")
        if not self.observations or self.action_size < 1:
            raise ConfigError("A controller needs at least one action, and observations of at least one number each.")
        if self.choices and (min(self.choices) < 1 or sum(self.choices) != self.action_size):
            raise ConfigError(f"A preference is needed for each alternative of {self.choices}, not {self.action_size}.")
        if not (math.isfinite(self.control_step_s) and self.control_step_s > 0):
            raise ConfigError(f"The control step must be a positive number of seconds, got {self.control_step_s}.")

    @property
    def observation_size(self) -> int:
        """Length of the flat observation."""
        return total(self.observations)

    def channel(self, name: str) -> Channel:
        """The channel of that name."""
        for channel in self.observations:
            if channel.name == name:
                return channel
        raise UnknownNameError("observation", name, [channel.name for channel in self.observations])

    def split(self, flat: Float[Tensor, "batch size"]) -> dict[str, Tensor]:
        """Views of a flat observation under their names."""
        if len(self.observations) == 1:
            return {self.observations[0].name: flat}
        parts = flat.split([channel.size for channel in self.observations], dim=-1)
        return {channel.name: part for channel, part in zip(self.observations, parts, strict=True)}


def __getattr__(name: str) -> Any:
    if name == "Port":
        warnings.warn(f"{__name__}.Port is now innervate.signals.Channel.", DeprecationWarning, stacklevel=2)
        return Channel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
