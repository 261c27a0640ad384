"""HLOP whose lateral rows learn faster: whether what it lacks against the exact projection is time to learn them."""

from dataclasses import replace
from typing import Any

from innervate.launch.bench.continual.methods import HLOP, Method
from innervate.launch.bench.continual.sequence import in_a_row

SETTINGS = {f"rate of the rows {x:g}": replace(HLOP, learning_rate=x) for x in (0.03, 0.1)}
FASTER = Method("HLOP, QR, rows learnt faster", SETTINGS)


def measured_faster(name: str, setting: str, rate: float, batches: int, seed: int) -> dict[str, Any]:
    """One run."""
    del name
    return in_a_row(SETTINGS[setting], rate, batches, seed)
