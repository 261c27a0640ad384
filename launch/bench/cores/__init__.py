"""Recurrent cores at equal parameters, beside their nulls: what a memory must begin with to be learned."""

from innervate.launch.bench._kit.benchmark import Part
from innervate.launch.bench.cores.capacity import capacity_rows
from innervate.launch.bench.cores.contexts import contexts_rows
from innervate.launch.bench.cores.cost import cost_rows
from innervate.launch.bench.cores.gains import gains_rows
from innervate.launch.bench.cores.recall import recall_rows

PEERS = ("reservoirpy",)
PARTS: dict[str, Part] = {
    "cost": cost_rows, "capacity": capacity_rows, "contexts": contexts_rows, "gains": gains_rows, "recall": recall_rows,
}  # fmt: skip
"""Cost first, while nothing else of this process is warm."""
