"""NaN and infinity stop the step in which they appear, with the name of the culprit."""

import numpy as np
from torch import nn

from innervate.errors import NonFiniteError

from ...controllers import ControllerSpec


def check_observation(flat: np.ndarray, spec: ControllerSpec) -> None:
    """Raise if a flat observation (batch, size) is not finite, naming the part and the environment."""
    if np.isfinite(flat).all():
        return
    row, column = (int(i) for i in np.argwhere(~np.isfinite(flat))[0])
    start = 0
    for port in spec.observations:
        if column < start + port.size:
            raise NonFiniteError(
                f"Observation {port.name}[{column - start}] of environment {row} is {flat[row, column]}; "
                "the body has exploded or its task divides by zero."
            )
        start += port.size


def check_reward(reward: np.ndarray) -> None:
    """Raise if a reward (batch,) is not finite."""
    if np.isfinite(reward).all():
        return
    row = int(np.flatnonzero(~np.isfinite(reward))[0])
    raise NonFiniteError(f"The reward of environment {row} is {reward[row]}; its task divides by zero, or is wrong.")


def check_action(action: np.ndarray) -> None:
    """Raise if an action (batch, actuator) is not finite."""
    if np.isfinite(action).all():
        return
    row, column = (int(i) for i in np.argwhere(~np.isfinite(action))[0])
    raise NonFiniteError(
        f"Action {column} for environment {row} is {action[row, column]}; "
        "the controller's parameters have diverged: lower the learning rate."
    )


def check_gradients(module: nn.Module) -> None:
    """Raise if any gradient of `module` is not finite, naming its parameter."""
    for name, parameter in module.named_parameters():
        if parameter.grad is not None and not parameter.grad.isfinite().all():
            raise NonFiniteError(f"The gradient of {name} is not finite; lower the learning rate or clip the gradient.")
