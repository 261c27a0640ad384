"""What a task may do to the bodies between two control steps, for all of them or for some."""

from dataclasses import dataclass

import numpy as np

from innervate.errors import ConfigError, NonFiniteError, UnknownNameError

__all__ = ["FIELDS", "STATE_FIELDS", "Given", "OnlyRows", "check", "write"]

FIELDS = (
    "ctrl", "qfrc_applied", "xfrc_applied", "eq_active", "mocap_pos", "mocap_quat", "qpos", "qvel", "act", "userdata",
)  # fmt: skip
"""What `Task.drive` may set: MuJoCo's inputs, where a body is and how it moves, and the memory of the episode."""

STATE_FIELDS = ("qpos", "qvel", "act", "ctrl", "mocap_pos", "mocap_quat", "userdata")
"""What `Task.begin` may set: the parts of MuJoCo's state that have a meaning at the start of an episode."""


@dataclass(frozen=True)
class OnlyRows:
    """Values for some environments alone; what the others have is left as it is, bit for bit.

    `Task.drive` gives `{"qpos": OnlyRows(arrived, places)}` to move the bodies that have arrived.
    """

    rows: np.ndarray
    """Which environments: bool, `(env,)`."""
    values: np.ndarray
    """`(env, ...)`, a row for every environment, those that are left alone included; theirs are not looked at."""


Given = np.ndarray | OnlyRows
"""A value for every environment, or for some."""


def check(title: str, field: str, given: Given, shape: tuple[int, ...], n: int = 1) -> None:
    """Raise `UnknownNameError` or `ConfigError` unless this field may be set so; `shape` is that of one environment."""
    if field not in FIELDS:
        raise UnknownNameError(f"input that {title}.drive may set", field, FIELDS)
    values = given.values if isinstance(given, OnlyRows) else given
    if values.shape != (n, *shape):
        raise ConfigError(f"{title}.drive gave {field} of shape {values.shape}; (n, *{shape}) is expected.")
    if isinstance(given, OnlyRows) and (given.rows.shape != (n,) or given.rows.dtype != np.bool_):
        raise ConfigError(
            f"{title}.drive gave rows of {field} as {given.rows.dtype}{list(given.rows.shape)}; bool (n,) is expected."
        )


def write(title: str, field: str, given: Given, target: np.ndarray) -> None:
    """Put values into the live array of all environments. Raises `NonFiniteError` for NaN or infinity among them."""
    rows = given.rows if isinstance(given, OnlyRows) else ...
    values = given.values[rows] if isinstance(given, OnlyRows) else given
    if not np.isfinite(values).all():
        raise NonFiniteError(f"{title}.drive gave a {field} that is not finite.")
    target[rows] = values
