"""Files of an event camera as pictures: how many events each pixel had in a stretch of time."""

import importlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from jaxtyping import UInt8

from innervate.errors import ConfigError, InnervateWarning, MissingExtraError

EVENTS = frozenset({".npy", ".npz", ".h5", ".hdf5"})
"""Endings of event files that are read: a structured array or four columns, or one array a field."""
WINDOW_S = 0.05
BRIGHT = 99.5
"""Percentile of a picture's counts that is white: a few hot pixels would leave the others dark."""
_NAMES = {
    "x": ("x", "xs", "col", "column"), "y": ("y", "ys", "row"), "t": ("t", "ts", "time", "timestamp", "timestamps"),
}  # fmt: skip
FEWEST, MANY = 10, 1000
"""Of so many events, a picture has more on average than the first, and they fill more than one; else the unit of their
times is not what it is taken for."""
LARGEST = 4096
"""Pixels of a sensor's side."""


def event_pictures(path: Path, window_s: float = WINDOW_S) -> Iterator[tuple[str, UInt8[np.ndarray, "row column"]]]:
    """A grey picture for each stretch of time, with its begin as a name; stretches without events are left out.

    Times are microseconds where they are whole numbers, of whatever type, and seconds where they are not. All pictures
    have the size that the largest x and y of the file ask for; polarity is not looked at, since it turns over from day
    to dusk.

    Raises:
        ConfigError: no events, other fields, or sizes that no sensor has.
        MissingExtraError: HDF5 without h5py.
    """
    x, y, t = _fields(path)
    order = np.argsort(t, kind="stable")
    x, y, t = x[order], y[order], t[order]
    if len(t) == 0:
        raise ConfigError(f"{path} holds no event.")
    if min(x.min(), y.min()) < 0 or max(x.max(), y.max()) >= LARGEST:
        raise ConfigError(f"{path} has pixels from ({x.min()}, {y.min()}) to ({x.max()}, {y.max()}); a sensor's are 0 "
                          f"to {LARGEST - 1}.")
    shape = (int(y.max()) + 1, int(x.max()) + 1)
    stretch = np.floor((t - t[0]) / window_s + 1e-6).astype(np.int64)  # a begin belongs to what it begins
    pictures = 1 + int(np.count_nonzero(np.diff(stretch)))
    if len(t) >= MANY and (pictures == 1 or len(t) < FEWEST * pictures):
        raise ConfigError(
            f"{path} has {len(t)} events within {t[-1] - t[0]:.3g} s, which are {pictures} pictures of {window_s:g} s "
            f"with {len(t) / pictures:.0f} events each: its times may be in another unit; write whole microseconds, or "
            "seconds with their fractions."
        )
    ends = np.flatnonzero(np.diff(stretch, append=stretch[-1] + 1)) + 1
    begin = 0
    for end in ends:
        flat = np.ravel_multi_index((y[begin:end], x[begin:end]), shape)
        counts = np.bincount(flat, minlength=shape[0] * shape[1]).astype(float)
        white = max(float(np.percentile(counts[counts > 0], BRIGHT)), 1.0)
        name = f"{path.name}@{stretch[begin] * window_s:.3f}s"
        yield name, np.clip(255 * counts / white, 0, 255).astype(np.uint8).reshape(shape)
        begin = end


def _fields(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, rows and times (s) of all events."""
    try:
        read = {".npy": _of_npy, ".npz": _of_npz}.get(path.suffix.lower(), _of_hdf5)
        columns = read(path)
        x, y, t = (np.asarray(columns[k]).ravel() for k in "xyt")
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        why = error.args[0] if isinstance(error, KeyError) else error
        raise ConfigError(
            f"{path} is no file of events ({why}): a structured array with the fields x, y, t and p is read, four "
            "columns x, y, t, p or t, x, y, p in the order of time, or .npz or HDF5 with such an array or with one "
            "array a field."
        ) from error
    if not len(x) == len(y) == len(t) or not all(a.dtype.kind in "iuf" for a in (x, y, t)):
        raise ConfigError(f"{path} has {len(x)} x, {len(y)} y and {len(t)} times of events; they are as many numbers.")
    if not all(np.isfinite(a).all() for a in (x, y, t)):
        raise ConfigError(f"{path} has pixels or times of events that are not finite.")
    micro = t.dtype.kind in "iu" or (len(t) >= MANY and (t == np.floor(t)).all())
    seconds = t.astype(np.float64) * (1e-6 if micro else 1.0)
    return x.astype(np.int64), y.astype(np.int64), seconds


def _of_npy(path: Path) -> dict[str, np.ndarray]:
    return _of_array(np.load(path, allow_pickle=False))


def _of_npz(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        if len(arrays.files) == 1:
            return _of_array(arrays[arrays.files[0]])
        return {k: arrays[_known(k, arrays.files)] for k in "xyt"}


def _of_array(table: np.ndarray) -> dict[str, np.ndarray]:
    if table.dtype.names is None:
        if table.ndim != 2 or table.shape[1] != 4 or table.dtype.kind not in "iuf":
            raise ValueError(f"its array is of {table.dtype} and shape {table.shape}, without named fields")
        steps = {k: np.diff(table[:, k].astype(np.float64)) for k in (0, 2)}
        rises = {k: np.count_nonzero(d) if (d >= 0).all() else -1 for k, d in steps.items()}
        if rises[0] == rises[2]:
            raise ValueError("which of its four columns is time cannot be told")
        return dict(zip("txyp" if rises[0] > rises[2] else "xytp", table.T, strict=True))
    return {k: table[_known(k, table.dtype.names)] for k in "xyt"}


def _known(field: str, names: Any) -> str:
    for name in names:
        if str(name).lower() in _NAMES[field]:
            return name
    raise KeyError(f"no field {field} among {', '.join(map(str, names))}")


def _of_hdf5(path: Path) -> dict[str, np.ndarray]:
    try:
        h5py: Any = importlib.import_module("h5py")
    except ImportError as error:
        raise MissingExtraError("h5py", "place") from error
    with h5py.File(path, "r") as file:
        found: dict[str, dict[str, np.ndarray]] = {}

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                named = item.dtype.names and {"x", "y"} <= set(item.dtype.names)
                if named or (name.rsplit("/", 1)[-1] == "events" and item.shape[1:] == (4,)):
                    found[name] = _of_array(item[()]) if not found else {}
            elif any(str(n) in _NAMES["x"] for n in item):
                found[name] = {k: item[_known(k, list(item))][()] for k in "xyt"} if not found else {}

        visit("", file)
        file.visititems(visit)
    if not found:
        raise ValueError("it has no events")
    first, *more = found
    if more:
        warnings.warn(
            f"{path} holds the events of several cameras; {first} is read, and {', '.join(more)} is not.",
            InnervateWarning, stacklevel=2,
        )  # fmt: skip
    return found[first]
