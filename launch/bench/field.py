"""Fields of three generated scenes against the truth about them, on one thread of a CPU."""

from collections.abc import Iterable

from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.field_nerf import nerf_rows
from innervate.launch.bench.field_quality import label_row, memory_row, quality_rows
from innervate.launch.bench.field_robot import (
    drive_row,
    free_space_rows,
    global_row,
    next_view_row,
    pose_rows,
)
from innervate.launch.bench.field_things import thing_rows
from innervate.launch.bench.rows import Row

SEEDS = 3


def run(bench: Bench) -> Iterable[Row]:
    """Colours and depth first, then what a robot does with them, then nerfstudio."""
    seeds = bench.seeds or (1 if bench.quick else SEEDS)
    yield from quality_rows(bench, seeds)
    yield label_row(bench, seeds)
    yield from free_space_rows(bench, seeds)
    yield drive_row(bench, seeds)
    yield from pose_rows(bench, seeds)
    yield global_row(bench, seeds)
    yield next_view_row(bench, seeds)
    yield from thing_rows(bench, seeds)
    yield memory_row()
    yield from nerf_rows(bench, seeds)
