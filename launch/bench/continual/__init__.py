"""Five motor tasks in a row: what is kept of the first while the last is learned, beside ceilings and cheap peers."""

from innervate.launch.bench._kit.benchmark import Part
from innervate.launch.bench.continual.rows import arm_rows

PARTS: dict[str, Part] = {"arm": arm_rows}
