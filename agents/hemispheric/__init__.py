"""Learning with losses that are routed to hemispheres, by backpropagation through the body."""

from .losses import DOMINANT, NON_DOMINANT, NON_SPECIALISED, HemisphericLoss, Terms
from .training import Result, TrainingConfig, train
from .trials import Trials, draw

__all__ = [
    "DOMINANT", "NON_DOMINANT", "NON_SPECIALISED", "HemisphericLoss", "Result", "Terms", "TrainingConfig", "Trials",
    "draw", "train",
]  # fmt: skip
