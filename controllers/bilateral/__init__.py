"""Two hemispheres, what joins them, what can be cut, and what they are held against."""

from .config import BilateralConfig
from .controller import Bilateral
from .ensemble import Ensemble, EnsembleConfig
from .matched import matched_unilateral

__all__ = ["Bilateral", "BilateralConfig", "Ensemble", "EnsembleConfig", "matched_unilateral"]
