"""The benchmark tables inside a document, taken from the folder where benchmarks write them."""

import json
import re
from pathlib import Path
from typing import Any

from innervate.launch.bench.rows import Row, markdown

MARKS = ("<!-- tables: begin -->", "<!-- tables: end -->")


def included(text: str, folder: Path) -> str:
    """`text` with all between its two marks replaced by the rows of every table in `folder` that have a bar."""
    body = "\n".join([MARKS[0], *(_table(path) for path in sorted(folder.glob("*.json"))), MARKS[1]])
    return re.sub(re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1]), lambda _: body, text, flags=re.DOTALL)


def _table(path: Path) -> str:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rows = [_row(stored) for stored in document.pop("rows")]
    judged = [r for r in rows if r.holds is not None]
    more = "" if len(judged) == len(rows) else f"All {len(rows)} rows: [{path.stem}](docs/benchmarks/{path.stem}.md).\n"
    return f"### {path.stem}\n\n{markdown(judged, document)}{more}"


def _row(stored: dict[str, Any]) -> Row:
    interval, value = stored.pop("interval"), stored.pop("value")
    return Row(
        interval=None if interval is None else (float(interval[0]), float(interval[1])),
        value=None if value is None else float(value),
        **stored,
    )
