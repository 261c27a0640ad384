"""The benchmark tables inside a document, taken from the folder where benchmarks write them."""

import re
from pathlib import Path

MARKS = ("<!-- tables: begin -->", "<!-- tables: end -->")


def included(text: str, folder: Path) -> str:
    """`text` with everything between its two marks replaced by all tables of `folder`, in alphabetical order."""
    tables = [f"### {path.stem}\n\n{path.read_text(encoding='utf-8')}" for path in sorted(folder.glob("*.md"))]
    body = "\n".join([MARKS[0], *tables, MARKS[1]])
    return re.sub(re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1]), lambda _: body, text, flags=re.DOTALL)
