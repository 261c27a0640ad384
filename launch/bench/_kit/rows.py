"""One row of a benchmark table, and the table as JSON and Markdown."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from innervate.files import write_text_atomically


@dataclass(frozen=True, kw_only=True)
class Row:
    """A measured figure beside what it is held against."""

    row: str
    """What was measured."""
    value: float | None
    """The figure; None where it could not be measured (`peer` then says why)."""
    unit: str
    interval: tuple[float, float] | None = None
    """95 % interval, where the figure has one."""
    n: int = 1
    """Independent repetitions (seeds, rounds, queries) behind the figure."""
    peer: str = ""
    """What it is compared with, with that side's figure from the same run."""
    reach: str = ""
    """The bar, in words; empty for a row that is only reported."""
    holds: bool | None = None
    """Whether the bar is met; None for a row without a bar."""
    part: str = ""
    """The part of the benchmark that measured it."""
    cpu_s: float = 0.0
    """Processor time of the pieces that it was the first to ask for."""
    stale: bool = False
    """Whether one of its pieces was measured by other code than there is now."""


def _figure(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.4g}" if math.isfinite(value) else str(value)


def markdown(rows: Sequence[Row], manifest: dict[str, Any]) -> str:
    """The table as README and docs include it, with the command that made it."""
    lines = ["| row | value | 95 % interval | n | against | reach | holds |", "|---|---|---|---|---|---|---|"]
    for r in rows:
        interval = f"{_figure(r.interval[0])} to {_figure(r.interval[1])}" if r.interval else ""
        holds = {True: "yes", False: "**no**", None: ""}[r.holds] + (" (stale)" if r.stale else "")
        value = _figure(r.value) if r.value is None else f"{_figure(r.value)} {r.unit}"
        lines.append(f"| {r.row} | {value} | {interval} | {r.n} | {r.peer} | {r.reach} | {holds} |")
    quick = " (quick run)" if manifest.get("quick") else ""
    lines.append("")
    lines.append(
        f"`{manifest.get('command', '')}`{quick}, commit {manifest.get('commit', 'unknown')}, "
        f"{manifest.get('duration_s', 0):.0f} s." + _pieces(manifest)
    )
    return "\n".join(lines) + "\n"


def _pieces(manifest: dict[str, Any]) -> str:
    """Which commits the stored pieces were measured at, the oldest and the newest, where that is known."""
    commits = manifest.get("pieces") or []
    if not commits:
        return ""
    return f" Pieces of {commits[0]}" + (f" to {commits[-1]}." if commits[-1] != commits[0] else ".")


def write_table(folder: Path, name: str, rows: Sequence[Row], manifest: dict[str, Any]) -> Path:
    """Write `NAME.json` and `NAME.md` into `folder`; returns the path of the JSON."""
    path = folder / f"{name}.json"
    document = {**manifest, "rows": [asdict(r) for r in rows]}
    write_text_atomically(path, json.dumps(document, indent=1) + "\n")
    write_text_atomically(path.with_suffix(".md"), markdown(rows, manifest))
    return path
