"""Senses: motion told from events by heterogeneous delays, beside classical ways and nulls."""

from innervate.launch.bench._kit.benchmark import Part
from innervate.launch.bench.senses.motion import motion_rows
from innervate.launch.bench.senses.yaw import yaw_rows

PARTS: dict[str, Part] = {"motion": motion_rows, "yaw": yaw_rows}
