"""Tables on the terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard output; as wide as it needs where nobody looks at a terminal."""
    console = Console(soft_wrap=False) if Console().is_terminal else Console(width=160)
    table = Table(title=title, title_justify="left", show_header=any(header), pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))  # `innervate[ros]` is no markup
    console.print(table)
