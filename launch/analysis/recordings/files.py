"""Recordings that others made, in tables."""

import csv
from pathlib import Path

import numpy as np

from innervate.errors import ConfigError
from innervate.launch.analysis.recordings.traces import Traces

TIME = ("time", "time_s", "t", "seconds")
"""Headings of a column of times, s."""


def read(path: Path) -> Traces:
    """A recording in a file, by its ending.

    A table has a heading of names and a row a step; the column of times is called time, t, time_s or seconds.

    Raises:
        ConfigError: no such file, or not of that form.
    """
    if not path.is_file():
        raise ConfigError(f"There is no recording {path}; give a run folder, or a table (.csv, .tsv).")
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return _table(path)
    raise ConfigError(
        f"{path} is no recording that is read here; read are run folders and tables (.csv, .tsv) with a column of "
        "times in seconds and one a unit. Write others, such as NWB, as such a table."
    )


def _table(path: Path) -> Traces:
    lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    head = lines[0] if lines else ""
    rows = list(csv.reader(lines, delimiter=max(",;\t", key=head.count), skipinitialspace=True))
    names = [cell.strip() for cell in rows[0]] if rows else []
    clock = next((i for i, name in enumerate(names) if name.lower() in TIME), None)
    if clock is None:
        raise ConfigError(f"{path} needs a column of times in seconds, headed {', '.join(TIME)}; it has {names[:8]}.")
    if len(rows) < 3:
        raise ConfigError(f"{path} has {len(rows) - 1} rows of numbers below its heading; two are the least.")
    values = np.array([_numbers(row, len(names), f"Row {n} of {path}") for n, row in enumerate(rows[1:], 2)])
    return Traces(
        _step_s(values[:, clock], str(path)), tuple(n for i, n in enumerate(names) if i != clock),
        np.delete(values, clock, axis=1), origin=str(path),
    )  # fmt: skip


def _numbers(row: list[str], count: int, where: str) -> list[float]:
    try:
        found = [float(cell) for cell in row]
    except ValueError as error:
        raise ConfigError(f"{where} should hold {count} numbers: {error}.") from error
    if len(found) != count:
        raise ConfigError(f"{where} should hold {count} numbers, as the heading names; it holds {len(found)}.")
    return found


def _step_s(times: np.ndarray, origin: str) -> float:
    """Of evenly spaced times."""
    gaps = np.diff(times)
    step = float(np.median(gaps))
    if not np.isfinite(times).all() or step <= 0 or np.abs(gaps - step).max() > 0.05 * step:
        raise ConfigError(f"The times of {origin} should rise in equal steps; resample the recording.")
    return step
