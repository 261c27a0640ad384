"""What a controller gave, told to the senses beside the bodies before the step is done."""

from typing import Any

import numpy as np
from torch import Tensor

from ...controllers import State


def tell_senses(env: Any, after: State) -> None:
    """Where a sense beside `env` hears the controller: what `after`, its state of the next step, holds by name.

    Entries of two axes, (env, size), of real numbers: those of a brain's parts among them.
    """
    if getattr(env, "hears", ()):
        env.hear({name: _numbers(v) for name, v in after.items() if v.dim() == 2 and v.is_floating_point()})


def _numbers(value: Tensor) -> np.ndarray:
    return value.detach().numpy()
