"""`innervate bench`: measure one capability, peers side by side, and write its table."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.agents.threads import one_thread
from innervate.launch.bench.benchmark import BENCHMARKS, Bench, load_benchmark
from innervate.launch.bench.rows import Row, write_table
from innervate.launch.bench.tables import included
from innervate.launch.commands.tables import print_table
from innervate.launch.run.files import write_text_atomically
from innervate.launch.run.manifest import command_line, commit, versions


@dataclass(frozen=True, kw_only=True)
class Options:
    """Measure one capability and write docs/benchmarks/NAME.json and .md."""

    name: Annotated[str, tyro.conf.Positional]
    """Benchmark; `innervate list benchmarks` names them."""
    quick: bool = False
    """Smaller budgets: at most ten minutes on two cores."""
    seeds: int | None = None
    """Seeds of each row, instead of the benchmark's own number."""
    out: Path = Path("docs/benchmarks")
    """Folder of the table."""
    fresh: bool = False
    """Forget the pieces that an interrupted call has left."""


def main(argv: Sequence[str]) -> None:
    """Run a benchmark by name."""
    options = tyro.cli(Options, args=list(argv), prog="innervate bench", description=f"Known: {', '.join(BENCHMARKS)}.")
    module = load_benchmark(options.name)
    one_thread()
    work = options.out / ".work" / options.name
    if options.fresh and work.exists():
        for piece in work.glob("*.json"):
            piece.unlink()
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {line}", file=sys.stderr, flush=True)

    bench = Bench(quick=options.quick, seeds=options.seeds, work=work, say=say)
    rows: list[Row] = []
    for row in module.run(bench):
        holds = {True: "holds", False: "FALLS SHORT", None: "reported"}[row.holds]
        say(f"{row.row}: {row.value if row.value is None else f'{row.value:.4g}'} {row.unit} ({holds})")
        rows.append(row)
    manifest = {
        "name": options.name,
        "quick": options.quick,
        "command": command_line(),
        "commit": commit(),
        "duration_s": round(time.monotonic() - began + bench.reused_s, 1),
        "seeds": options.seeds,
        "versions": versions(),
    }
    path = write_table(options.out, options.name, rows, manifest)
    answer = {True: "yes", False: "NO", None: ""}
    figures = ["" if r.value is None else f"{r.value:.4g} {r.unit}" for r in rows]
    cells = [(r.row, f, r.peer, r.reach, answer[r.holds]) for r, f in zip(rows, figures, strict=True)]
    print_table(options.name, ("row", "value", "against", "reach", "holds"), cells)
    readme = Path("README.md")
    if readme.exists() and options.out == Options.out:
        write_text_atomically(readme, included(readme.read_text(encoding="utf-8"), options.out))
    print(path)
