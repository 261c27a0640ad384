"""What one term of a reward means."""

import math
from dataclasses import dataclass

__all__ = ["Term"]


@dataclass(frozen=True)
class Term:
    """One term of a reward, as its manual tells it."""

    name: str
    """As in the rewards of the task."""
    meaning: str
    """When it is how large, in one line."""
    low: float = -math.inf
    """The least that it can be."""
    high: float = math.inf
    """The most that it can be."""
