"""What a controller is told about the body it will drive: named observations, actions, control step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError, UnknownNameError

Obs = Mapping[str, Tensor]
"""Named observations, each (batch, size), float32, in the units that the ports say."""

State = dict[str, Tensor]
"""All that a controller remembers between two control steps; every tensor has a leading batch axis."""


@dataclass(frozen=True, kw_only=True)
class Port:
    """One named part of the observation, in the order of the flat observation vector."""

    name: str
    size: int
    unit: str = ""
    limit: float | None = None
    """Largest magnitude that the part can take physically, in `unit`; None where there is no such limit."""


@dataclass(frozen=True, kw_only=True)
class ControllerSpec:
    """The interface between a nervous system and its body."""

    observations: tuple[Port, ...]
    action_size: int
    """Actions are fractions of the actuators' limits, in [-1, 1], in the order of the body's actuators."""
    control_step_s: float

    def __post_init__(self) -> None:
        names = [port.name for port in self.observations]
        if len(set(names)) < len(names):
            raise ConfigError(f"Observation names must differ, got {names}.")
        if self.action_size < 1 or any(port.size < 1 for port in self.observations):
            raise ConfigError("A controller needs at least one action, and observations of at least one number each.")
        if not (math.isfinite(self.control_step_s) and self.control_step_s > 0):
            raise ConfigError(f"The control step must be a positive number of seconds, got {self.control_step_s}.")

    @property
    def observation_size(self) -> int:
        """Length of the flat observation."""
        return sum(port.size for port in self.observations)

    def port(self, name: str) -> Port:
        """The port of that name."""
        for port in self.observations:
            if port.name == name:
                return port
        raise UnknownNameError("observation", name, [port.name for port in self.observations])

    def split(self, flat: Float[Tensor, "batch size"]) -> dict[str, Tensor]:
        """Views of a flat observation under their names."""
        if len(self.observations) == 1:
            return {self.observations[0].name: flat}
        parts = flat.split([port.size for port in self.observations], dim=-1)
        return {port.name: part for port, part in zip(self.observations, parts, strict=True)}
