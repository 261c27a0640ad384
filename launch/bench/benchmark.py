"""What a benchmark is: a function from options to rows, found by name, resumable piece by piece."""

import ast
import hashlib
import importlib
import importlib.util
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from innervate.errors import UnknownNameError
from innervate.launch.bench.rows import Row
from innervate.launch.run.files import write_text_atomically

BENCHMARKS: dict[str, str] = {
    "bilateral": "innervate.launch.bench.bilateral",
    "engine": "innervate.launch.bench.engine",
    "field": "innervate.launch.bench.field",
    "main-job": "innervate.launch.bench.main_job",
    "ncap": "innervate.launch.bench.ncap",
    "ncap-untrained": "innervate.launch.bench.ncap_untrained",
    "place": "innervate.launch.bench.place",
    "predictive": "innervate.launch.bench.predictive",
    "predictive-full-size": "innervate.launch.bench.predictive.full_size",
    "ros": "innervate.launch.bench.ros",
    "scale": "innervate.launch.bench.scale",
}
"""Command-line name to module; each module has `run(bench) -> Iterable[Row]`."""


@dataclass(kw_only=True)
class Bench:
    """What a benchmark is given."""

    quick: bool
    """Smaller budgets, so that the whole table takes at most ten minutes on two cores."""
    seeds: int | None
    """Overrides the number of seeds of every row."""
    work: Path
    """Folder for pieces already measured; the same command goes on from them."""
    say: Callable[[str], None]
    """Prints a line of progress."""
    reused_s: float = 0.0
    """Wall time of the pieces that earlier calls had measured."""

    def once(self, key: str, measure: Callable[[], Any]) -> Any:
        """The JSON value of `measure()`, or the one stored under `key` by an earlier, interrupted call.

        `key` must name everything that the value depends on (row, seed, budget).
        """
        digest = hashlib.sha256(f"{key}|quick={self.quick}".encode()).hexdigest()[:16]
        path = self.work / f"{digest}.json"
        if path.exists():
            piece = json.loads(path.read_text(encoding="utf-8"))
            self.reused_s += piece.get("took_s", 0.0)
            return piece["value"]
        began = time.monotonic()
        value = measure()
        write_text_atomically(path, json.dumps({"key": key, "value": value, "took_s": time.monotonic() - began}))
        return value


@runtime_checkable
class BenchmarkModule(Protocol):
    """A module in `launch/bench` that measures one capability."""

    def run(self, bench: Bench) -> Iterable[Row]:
        """Measure and yield the rows in the order of the table."""
        ...


def load_benchmark(name: str) -> BenchmarkModule:
    """The module of a benchmark by its command-line name."""
    if name not in BENCHMARKS:
        raise UnknownNameError("benchmark", name, BENCHMARKS)
    return importlib.import_module(BENCHMARKS[name])  # pyright: ignore[reportReturnType]


def summary_of(name: str) -> str:
    """The first line of a benchmark's docstring; the module, and what it imports, is not loaded."""
    spec = importlib.util.find_spec(BENCHMARKS[name])
    assert spec is not None and spec.origin is not None
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]
