"""From a membrane's input to its activity."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ...unit import unit
from .circuit import Activation

ACTIVATIONS: Mapping[Activation, Callable[[Tensor], Tensor]] = {
    "unit": unit,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda x: x,
}
