"""A named part of the flat observation."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Channel:
    """What one run of numbers in the observation means; channels follow each other in the order of the task."""

    name: str
    """The key in `Task.observe`, e.g. `joint_angle`."""
    size: int
    """How many numbers."""
    unit: str
    """SI unit, e.g. `rad`, `m/s`; `1` for a pure number; several, separated by commas, where they alternate."""
    limit: float | None
    """Largest magnitude that the body's mechanics allow, in `unit`; None where there is none."""
    description: str
    """One line for people, with order and signs."""


def slices(channels: Sequence[Channel]) -> dict[str, slice]:
    """Where each channel lies in the flat observation."""
    ends = list(itertools.accumulate(channel.size for channel in channels))
    return {channel.name: slice(end - channel.size, end) for channel, end in zip(channels, ends, strict=True)}
