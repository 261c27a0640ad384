"""Knowing where it is, on Nordland (summer mapped, winter asked), tolerance 0."""

from collections.abc import Iterable

import torch

from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.place_arena import arena_rows
from innervate.launch.bench.place_confidence import confidence_rows
from innervate.launch.bench.place_drives import camera_rows, drive_rows, event_rows
from innervate.launch.bench.place_events import mujoco_event_rows
from innervate.launch.bench.place_paper import cost_row, paper_rows
from innervate.launch.bench.place_recall import lesion_row, module_rows, recall_rows
from innervate.launch.bench.place_route import route_rows
from innervate.launch.bench.place_speed import operation_rows, query_rows, update_rows
from innervate.launch.bench.rows import Row

SEEDS = 3


def run(bench: Bench) -> Iterable[Row]:
    """Measure on one thread; speeds first, while nothing else of this process is warm."""
    seeds = bench.seeds or (1 if bench.quick else SEEDS)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from cost_row(bench)
        yield from update_rows(bench)
        yield from query_rows(bench)
        yield from operation_rows(bench)
        yield from recall_rows(bench, seeds)
        yield from lesion_row(bench, seeds)
        yield from module_rows(bench, seeds)
        yield from confidence_rows(bench, seeds)
        yield from drive_rows(bench, seeds)
        yield from camera_rows(bench, seeds)
        yield from event_rows(bench, seeds)
        yield from route_rows(bench, seeds)
        yield from mujoco_event_rows(bench, seeds)
        yield from arena_rows(bench, seeds)
        yield from paper_rows(bench, seeds)
    finally:
        torch.set_num_threads(threads)
