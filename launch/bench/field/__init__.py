"""Fields of three generated scenes against the truth about them, on one thread of a CPU."""

from innervate.launch.bench._kit.benchmark import Bench, Part
from innervate.launch.bench.field.nerf import nerf_rows
from innervate.launch.bench.field.quality import label_row, memory_row, quality_rows
from innervate.launch.bench.field.robot import drive_row, free_space_rows, global_row, next_view_row, pose_rows
from innervate.launch.bench.field.things import thing_rows

SEEDS = 3


def _seeds(bench: Bench) -> int:
    return bench.seeds or (1 if bench.quick else SEEDS)


PARTS: dict[str, Part] = {
    "quality": lambda bench: quality_rows(bench, _seeds(bench)),
    "labels": lambda bench: [label_row(bench, _seeds(bench))],
    "free space": lambda bench: free_space_rows(bench, _seeds(bench)),
    "drive": lambda bench: [drive_row(bench, _seeds(bench))],
    "pose": lambda bench: pose_rows(bench, _seeds(bench)),
    "global": lambda bench: [global_row(bench, _seeds(bench))],
    "next view": lambda bench: [next_view_row(bench, _seeds(bench))],
    "things": lambda bench: thing_rows(bench, _seeds(bench)),
    "memory": lambda bench: [memory_row()],
    "nerfstudio": lambda bench: nerf_rows(bench, _seeds(bench)),
}
"""Colours and depth first, then what a robot does with them, then nerfstudio."""
