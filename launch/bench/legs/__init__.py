"""The spinal circuit of a four-legged animal on the A1, beside a net and chance: first before any training."""

from innervate.launch.bench._kit.benchmark import Part
from innervate.launch.bench.legs.untrained import untrained_rows

PARTS: dict[str, Part] = {"untrained": untrained_rows}
