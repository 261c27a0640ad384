"""What a task may read: named MuJoCo sensors of all environments at once."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from mujoco import MjModel

from innervate.errors import UnknownNameError

__all__ = ["Columns", "Sensors", "sensor_layout"]

Columns = slice | np.ndarray
"""Where readings lie in `sensordata`: together, or each somewhere."""


class Sensors:
    """Readings by name, each `(env, size)` in float64, read-only, in the units of the MuJoCo sensor.

    A name is that of one sensor, or the part before `/` that several share: the sensors `joint_angle/0`,
    `joint_angle/1`, `joint_angle/2` are read together, in the model's order, as `s["joint_angle"]`, `(env, 3)`, unless
    there is a sensor `joint_angle`, which is then that one alone.
    """

    __slots__ = ("_before", "_layout", "_now")

    def __init__(
        self,
        layout: Mapping[str, Columns],
        now: Float[np.ndarray, "env reading"],
        before: Float[np.ndarray, "env reading"],
    ) -> None:
        self._layout = layout
        self._now = now
        self._before = before

    def __getitem__(self, name: str) -> Float[np.ndarray, "env size"]:
        """Readings at the end of the control step. Raises `UnknownNameError` for a sensor that the body lacks."""
        try:
            return self._now[:, self._layout[name]]
        except KeyError:
            raise UnknownNameError("sensor", name, self._layout) from None

    def __len__(self) -> int:
        """Number of environments."""
        return len(self._now)

    def __contains__(self, name: object) -> bool:
        return name in self._layout

    @property
    def previous(self) -> "Sensors":
        """Readings one control step earlier (at the first step of an episode: at its start)."""
        return Sensors(self._layout, self._before, self._before)


def sensor_layout(model: MjModel) -> dict[str, Columns]:
    """Columns of `sensordata` by sensor name, and by the prefix before `/` that several share.

    A sensor's own name is always that sensor alone, whatever others begin with it.
    """
    layout: dict[str, Columns] = {}
    groups: dict[str, list[int]] = {}
    for i in range(model.nsensor):
        name = model.sensor(i).name
        start = int(model.sensor_adr[i])
        columns = range(start, start + int(model.sensor_dim[i]))
        layout[name] = slice(columns.start, columns.stop)
        prefix, mark, _ = name.partition("/")
        if mark:
            groups.setdefault(prefix, []).extend(columns)
    for prefix, columns in groups.items():
        if prefix not in layout:
            together = columns[-1] - columns[0] == len(columns) - 1
            layout[prefix] = slice(columns[0], columns[-1] + 1) if together else np.array(columns)
    return layout
