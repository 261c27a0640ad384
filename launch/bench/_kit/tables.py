"""The tables that benchmarks have written: their rows, and one line of each for the README."""

import json
import re
from pathlib import Path
from typing import Any

from innervate.launch.bench._kit.rows import Row

MARKS = ("<!-- tables: begin -->", "<!-- tables: end -->")


def stored_rows(folder: Path, name: str) -> list[Row]:
    """The rows of the last table of that name; none where there is no table yet."""
    path = folder / f"{name}.json"
    if not path.exists():
        return []
    return [_row(stored) for stored in json.loads(path.read_text(encoding="utf-8"))["rows"]]


def included(text: str, folder: Path) -> str:
    """`text` with all between its two marks replaced by a line for each table in `folder`: how many bars hold."""
    lines = ["| benchmark | bars that hold | measured at |", "|---|---|---|"]
    for path in sorted(folder.glob("*.json")):
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        judged = [row["holds"] for row in document["rows"] if row["holds"] is not None]
        quick = ", quick" if document.get("quick") else ""
        lines.append(
            f"| [{path.stem}](docs/benchmarks/{path.stem}.md) | {sum(judged)} of {len(judged)} "
            f"| {document.get('commit', 'unknown')}{quick} |"
        )
    body = "\n".join([MARKS[0], *lines, MARKS[1]])
    return re.sub(re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1]), lambda _: body, text, flags=re.DOTALL)


def _row(stored: dict[str, Any]) -> Row:
    interval, value = stored.pop("interval"), stored.pop("value")
    return Row(
        interval=None if interval is None else (float(interval[0]), float(interval[1])),
        value=None if value is None else float(value),
        **stored,
    )
