"""Two hemispheres, what joins them, what can be cut, and what they are held against."""

from .controller import Bilateral, BilateralConfig
from .matched import matched_unilateral

__all__ = ["Bilateral", "BilateralConfig", "matched_unilateral"]
