"""One part of a controller as an anatomy tells it."""

from dataclasses import dataclass

__all__ = ["Organ"]


@dataclass(frozen=True, kw_only=True)
class Organ:
    """What works on its own in a nervous system."""

    name: str
    kind: str
    """What it is, by the name of its configuration."""
    takes: tuple[str, ...]
    """Channels and organs that it reads."""
    gives: tuple[tuple[str, int], ...]
    """Names of what it gives, with sizes."""
    period_s: float
    """Time between two of its steps."""
    delay_s: float = 0.0
    """How late it is heard."""
    parameters: int = 0
    """Numbers that can be trained."""
    state: int = 0
    """Numbers that it remembers of a body."""
    remembers: str = "episode"
    """For how long: step, episode or life."""
