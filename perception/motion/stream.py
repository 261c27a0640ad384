"""The layer of delayed synapses driven by events: each adds its surviving synapses to the ticks that will hear them.

The cost is events times synapses, and one look over the picture a tick.
"""

import numpy as np
from jaxtyping import Bool, Float32, Int64

from innervate.errors import ConfigError

from .delays import DelayLayer


class DelayStream:
    """A `DelayLayer` on a retina, tick by tick; what is yet to be heard waits in a ring of `delays` pictures.

    Args:
        layer: whose weights; those that are 0 cost nothing.
        rows, columns: pixels of the retina.

    Raises:
        ConfigError: a retina without pixels.
        MissingExtraError: numba is missing (extra `kernels`).
    """

    def __init__(self, layer: DelayLayer, rows: int, columns: int) -> None:
        from . import stream_kernel  # here, because it needs an extra

        if rows < 1 or columns < 1:
            raise ConfigError(f"A retina has 1 x 1 pixels or more; {rows} x {columns} were asked for.")
        self._kernel, self._delays, self._margin = stream_kernel, layer.delays, layer.size // 2
        self._rows, self._columns = rows, columns
        self._bias = layer.bias.detach().numpy().copy()
        weight = layer.weight.detach().numpy()
        width = columns + 2 * self._margin
        self._runs = _runs(np.concatenate([weight, weight[::-1]], axis=-1), width)
        self._ring = np.zeros((layer.delays, rows + 2 * self._margin, width, 2 * layer.classes), np.float32)
        self._slot = 0

    def clear(self) -> None:
        """Forget all events."""
        self._ring[:], self._slot = 0.0, 0

    def step(
        self,
        column: Int64[np.ndarray, "event"],
        row: Int64[np.ndarray, "event"],
        off: Bool[np.ndarray, "event"],
    ) -> Float32[np.ndarray, "row column class"]:
        """Hear the events of one tick and give the evidence of it. Raises `ConfigError` for events beyond the retina.

        A place that fires twice in a tick with one polarity is heard twice; the definition is for once at most.
        """
        if len(column) and (
            min(column.min(), row.min()) < 0 or column.max() >= self._columns or row.max() >= self._rows
        ):
            raise ConfigError(
                f"Events at columns up to {column.max()} and rows up to {row.max()}, from {column.min()} and "
                f"{row.min()}, do not lie on a retina of {self._rows} rows and {self._columns} columns."
            )
        self._kernel.add_events(self._ring, self._slot, column, row, off.astype(np.int64), *self._runs)
        out = np.empty((self._rows, self._columns, len(self._bias)), np.float32)
        self._kernel.read_out(self._ring, self._slot, self._margin, self._bias, out)
        self._slot = (self._slot + 1) % self._delays
        return out

    def see(self, events: Bool[np.ndarray, "2 row column"]) -> Float32[np.ndarray, "row column class"]:
        """`step` for a tick of a film."""
        off, row, column = np.nonzero(events)
        return self.step(column, row, off == 1)

    def snapshot(self) -> dict[str, np.ndarray]:
        """What is yet to be heard."""
        return {"ring": self._ring.copy(), "slot": np.array(self._slot)}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go on from there. Raises `ConfigError` for a ring of another retina or layer."""
        if arrays["ring"].shape != self._ring.shape:
            raise ConfigError(f"A ring of {arrays['ring'].shape} does not fit this stream, of {self._ring.shape}.")
        self._ring[:], self._slot = arrays["ring"], int(arrays["slot"])


def _runs(
    weight: Float32[np.ndarray, "2 delay row column channel"], width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Synapses that are not 0 in runs of neighbouring channels: begin (2, delay + 1), offset, first weight, weights.

    An event at p is heard at p - kernel place + middle; in a ring with a margin that is never beyond its border.
    """
    kind, delay, row, column, channel = np.nonzero(weight)
    values = weight[kind, delay, row, column, channel]
    channels, size = weight.shape[-1], weight.shape[2]
    offset = ((size - 1 - row) * width + (size - 1 - column)) * channels + channel
    group = kind * weight.shape[1] + delay
    starts = np.ones(len(values), bool)
    same_site = (np.diff(group) == 0) & (np.diff(row) == 0) & (np.diff(column) == 0)
    starts[1:] = ~(same_site & (np.diff(channel) == 1))
    first = np.flatnonzero(starts)
    begin = np.searchsorted(group[first], np.arange(2 * weight.shape[1]))
    table = np.concatenate([begin.reshape(2, -1), [[begin.reshape(2, -1)[1, 0]], [len(first)]]], axis=1)
    return table, offset[first], np.append(first, len(values)), values
