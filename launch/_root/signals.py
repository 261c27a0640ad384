"""A named run of numbers: what a task gives, a sense tells, a controller reads and a robot publishes."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from innervate.errors import ConfigError

__all__ = ["Channel", "check_channels", "slices", "total"]


@dataclass(frozen=True)
class Channel:
    """What one run of numbers in an observation means; channels follow each other in the order of who gives them."""

    name: str
    """The key in `Task.observe` and in a controller's observations, e.g. `joint_angle`."""
    size: int
    """How many numbers."""
    unit: str = ""
    """SI unit, e.g. `rad`, `m/s`; `1` for a pure number; several, separated by commas, where they alternate."""
    limit: float | None = None
    """Largest magnitude that the body's mechanics allow, in `unit`; None where there is none."""
    description: str = ""
    """One line for people, with order and signs."""
    labels: tuple[str, ...] = ()
    """What each number is called, in order; empty where numbering them says as much."""
    parts: tuple[str, ...] = ()
    """Sensors or joints of the body that the numbers come from, in order; empty where they are made of several."""

    def __post_init__(self) -> None:
        if self.labels and len(self.labels) != self.size:
            raise ConfigError(f"Channel {self.name!r} has {self.size} numbers and {len(self.labels)} labels for them.")


def total(channels: Sequence[Channel]) -> int:
    """Length of the flat vector."""
    return sum(channel.size for channel in channels)


def slices(channels: Sequence[Channel]) -> dict[str, slice]:
    """Where each channel lies in the flat vector."""
    ends = list(itertools.accumulate(channel.size for channel in channels))
    return {channel.name: slice(end - channel.size, end) for channel, end in zip(channels, ends, strict=True)}


def check_channels(channels: Sequence[Channel], whose: str) -> None:
    """Raise `ConfigError` unless the names differ and every channel holds a number; `whose` begins the sentence."""
    names = [channel.name for channel in channels]
    if len(set(names)) < len(names):
        raise ConfigError(f"{whose}: observation names must differ, got {names}.")
    if any(channel.size < 1 for channel in channels):
        raise ConfigError(f"{whose}: a channel holds at least one number, got {[(c.name, c.size) for c in channels]}.")
