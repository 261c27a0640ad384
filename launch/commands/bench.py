"""Measure a capability and write its table."""

import importlib.metadata
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from innervate.agents.threads import one_thread
from innervate.errors import ConfigError, UnknownNameError
from innervate.files import write_text_atomically
from innervate.launch.bench._kit.benchmark import BENCHMARKS, Bench, Part, parts_of
from innervate.launch.bench._kit.pieces import Pieces
from innervate.launch.bench._kit.rows import Row, write_table
from innervate.launch.bench._kit.tables import included, stored_rows
from innervate.launch.commands._tables import print_table
from innervate.launch.run.manifest import command_line, commit, versions

SMOKE = (["main-job", "--help"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Measure one capability and write docs/benchmarks/NAME.json and .md."""

    name: Annotated[str, tyro.conf.Positional] = ""
    """Benchmark; `innervate list benchmarks` names them."""
    readme: bool = False
    """Measure nothing: write one line for each table into README.md."""
    quick: bool = False
    """Smaller budgets: at most ten minutes on two cores."""
    seeds: int | None = None
    """Seeds of each row, instead of the benchmark's own number."""
    out: Path = Path("docs/benchmarks")
    """Folder of the table."""
    fresh: bool = False
    """Forget the pieces that earlier calls have left."""
    only: tuple[str, ...] = ()
    """Parts to measure, by name (`--plan` lists them); the other rows stay as the table has them."""
    plan: bool = False
    """Measure nothing: list the parts, their rows and what these took; `?` where the last table does not say."""
    stale: bool = False
    """Measure pieces anew that other code, or other versions of the peers, have measured."""


def _version(package: str) -> str:
    """Of a peer; its rows say themselves what its absence costs them."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def main(argv: Sequence[str]) -> None:
    """Run a benchmark by name."""
    options = tyro.cli(Options, args=list(argv), prog="innervate bench", description=f"Known: {', '.join(BENCHMARKS)}.")
    if options.readme:
        readme = Path("README.md")
        write_text_atomically(readme, included(readme.read_text(encoding="utf-8"), options.out))
        return
    module = BENCHMARKS[options.name]
    parts = parts_of(module)
    before = stored_rows(options.out, options.name)
    if options.plan:
        _plan(options.name, parts, before)
        return
    for name in options.only:
        if name not in parts:
            raise UnknownNameError(f"part of the benchmark {options.name}", name, parts)
    if options.only and any(row.part not in parts for row in before):
        raise ConfigError(
            f"The last table of {options.name} does not say which part measured each row, so rows of the other parts "
            "would be lost; measure the whole once, without --only, or write elsewhere with --out."
        )
    one_thread()
    peers = {name: _version(name) for name in getattr(module, "PEERS", ())}
    work = options.out / ".work" / options.name
    if options.fresh:
        Pieces(work, options.quick).clear()
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {line}", file=sys.stderr, flush=True)

    bench = Bench(
        quick=options.quick, seeds=options.seeds, work=work, say=say, peers=peers, renew=options.stale
    )
    at = commit()  # before figures are drawn into the tree
    dirty = at.endswith("+changes")
    rows: list[Row] = []
    for name, part in parts.items():
        if options.only and name not in options.only:
            rows += [row for row in before if row.part == name]
            continue
        for row in _measured(bench, name, part):
            row = replace(row, holds=None) if dirty else row
            holds = {True: "holds", False: "FALLS SHORT", None: "reported"}[row.holds]
            figure = row.value if row.value is None else f"{row.value:.4g}"
            say(f"{row.row}: {figure} {row.unit} ({holds}{', stale' if row.stale else ''})")
            rows.append(row)
    manifest = {
        "name": options.name,
        "quick": options.quick,
        "command": command_line(),
        "commit": at + (": not judged" if dirty else ""),
        "pieces": list(dict.fromkeys(piece.commit for piece in bench.used)),
        "duration_s": round(time.monotonic() - began + bench.reused_s, 1),
        "seeds": options.seeds,
        "versions": {**versions(), **peers},
    }
    path = write_table(options.out, options.name, rows, manifest)
    answer = {True: "yes", False: "NO", None: ""}
    figures = ["" if r.value is None else f"{r.value:.4g} {r.unit}" for r in rows]
    cells = [(r.row, f, r.peer, r.reach, answer[r.holds]) for r, f in zip(rows, figures, strict=True)]
    print_table(options.name, ("row", "value", "against", "reach", "holds"), cells)
    if bench.stale:
        print(f"{len(bench.stale)} stored pieces were measured by other code; measure them anew with --stale.")
    print(path)


def _measured(bench: Bench, name: str, part: Part) -> Iterable[Row]:
    """The rows of a part, each with its part and whether one of its pieces is stale."""
    asked = len(bench.used)
    for row in part(bench):
        pieces = bench.used[asked:]
        asked = len(bench.used)
        stale, cpu_s = any(piece.key in bench.stale for piece in pieces), float(sum(piece.took_s for piece in pieces))
        yield replace(row, part=name, stale=stale, cpu_s=cpu_s)


def _plan(name: str, parts: Mapping[str, Part], rows: Sequence[Row]) -> None:
    cells: list[tuple[str, str, str]] = []
    for part in parts:
        mine = [row for row in rows if row.part == part]
        cells.append((part, str(len(mine)), f"{sum(row.cpu_s for row in mine):.0f} s") if mine else (part, "?", "?"))
    print_table(f"{name}: parts, their rows in the last table, and what these took", ("part", "rows", "CPU"), cells)
