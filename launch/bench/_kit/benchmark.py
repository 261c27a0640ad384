"""What a benchmark is: named parts that measure rows, found by name, resumable piece by piece."""

import json
import resource
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from innervate.launch.bench._kit.digest import digest
from innervate.launch.bench._kit.pieces import Piece, Pieces
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.manifest import commit
from innervate.registry import Catalogue

Part = Callable[["Bench"], Iterable[Row]]
"""Measures some rows of a table, in their order."""


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
    peers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Versions of the packages that this benchmark measures beside."""
    renew: bool = False
    """Measure stale pieces anew instead of showing them as stale."""
    used: list[Piece] = field(default_factory=list[Piece])
    """Pieces that have been asked for, in order."""
    stale: set[str] = field(default_factory=set[str])
    """Keys of those that were measured by other code, or beside other versions, than there are now."""
    reused_s: float = 0.0
    """Processor time of the pieces that earlier calls had measured."""

    def once(self, key: str, measure: Callable[[], Any]) -> Any:
        """The JSON value of `measure()`, or the one stored under `key` by an earlier, interrupted call.

        `key` must name everything that the value depends on beside the code (row, seed, budget).
        """
        store = Pieces(self.work, self.quick)
        # A partial is of the module of what it calls.
        now = digest(getattr(measure, "func", measure).__module__)
        piece = store.load(key)
        stale = piece is not None and (piece.digest != now or dict(piece.peers) != dict(self.peers))
        if piece is None or (stale and self.renew):
            began = _cpu_s()
            value = json.loads(json.dumps(measure()))
            piece = Piece(
                key=key, value=value, took_s=_cpu_s() - began, digest=now, commit=commit(), peers=dict(self.peers)
            )
            store.store(piece)
        else:
            self.reused_s += piece.took_s
            if stale:
                self.stale.add(key)
        self.used.append(piece)
        return piece.value


def _cpu_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@runtime_checkable
class BenchmarkModule(Protocol):
    """A module that measures one capability; one with `PARTS`, name to `Part`, needs no `run`."""

    def run(self, bench: Bench) -> Iterable[Row]:
        """Measure and yield the rows in the order of the table."""
        ...


def parts_of(module: Any) -> dict[str, Part]:
    """The named parts of a benchmark; one called `all` where it has none of its own."""
    return dict(getattr(module, "PARTS", None) or {"all": module.run})


BENCHMARKS: Catalogue[Any] = Catalogue(
    "benchmark",
    group="innervate.benchmarks",
    package="innervate.launch.bench",
    folder=Path(__file__).parents[1],
)
"""The folders of `bench/`, and what others bring: modules with `PARTS` or `run(bench) -> Iterable[Row]`."""
