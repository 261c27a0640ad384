"""Knowing where it is, on Nordland (summer mapped, winter asked), tolerance 0."""

from collections.abc import Callable, Iterable

from innervate.launch.bench._kit.benchmark import Bench, Part
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.place.arena import arena_rows
from innervate.launch.bench.place.confidence import confidence_rows
from innervate.launch.bench.place.drives import camera_rows, drive_rows, event_rows
from innervate.launch.bench.place.events import mujoco_event_rows
from innervate.launch.bench.place.paper import cost_row, paper_rows
from innervate.launch.bench.place.recall import lesion_row, module_rows, recall_rows
from innervate.launch.bench.place.route import route_rows
from innervate.launch.bench.place.speed import operation_rows, query_rows, update_rows

SEEDS = 3


def _seeded(rows: Callable[[Bench, int], Iterable[Row]]) -> Part:
    return lambda bench: rows(bench, bench.seeds or (1 if bench.quick else SEEDS))


PARTS: dict[str, Part] = {
    "cost": cost_row,
    "updates": update_rows,
    "queries": query_rows,
    "operations": operation_rows,
    "recall": _seeded(recall_rows),
    "adaptation": _seeded(lesion_row),
    "modules": _seeded(module_rows),
    "confidence": _seeded(confidence_rows),
    "drives": _seeded(drive_rows),
    "cameras": _seeded(camera_rows),
    "events": _seeded(event_rows),
    "route": _seeded(route_rows),
    "simulated events": _seeded(mujoco_event_rows),
    "arena": _seeded(arena_rows),
    "paper": _seeded(paper_rows),
}
"""Speeds first, while nothing else of this process is warm."""
PEERS = ("vprtempo",)
