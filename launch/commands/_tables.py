"""Tables on the terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDTH = 100


def print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard output, at most `WIDTH` columns wide."""
    console = Console(width=min(WIDTH, Console().width) if Console().is_terminal else WIDTH)
    table = Table(title=title, title_justify="left", show_header=any(header), pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))  # `innervate[ros]` is no markup
    console.print(table)
