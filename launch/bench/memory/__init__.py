"""Memory: one shot, bounded, spiking; every kind under one protocol, beside the nearest key."""

from innervate.launch.bench._kit.benchmark import Part
from innervate.launch.bench.memory.concepts import event_rows, gate_rows
from innervate.launch.bench.memory.hippocampus import fragment_rows, paper_rows, speed_rows
from innervate.launch.bench.memory.lives import life_rows
from innervate.launch.bench.memory.order import sequence_rows
from innervate.launch.bench.memory.patterns import code_rows, digit_rows, familiarity_rows, protocol_rows
from innervate.launch.bench.memory.places import place_rows

PARTS: dict[str, Part] = {
    "speed": speed_rows,
    "paper": paper_rows,
    "fragments": fragment_rows,
    "protocol": protocol_rows,
    "familiarity": familiarity_rows,
    "codes": code_rows,
    "digits": digit_rows,
    "sequences": sequence_rows,
    "events": event_rows,
    "gate": gate_rows,
    "places": place_rows,
    "lives": life_rows,
}
"""Speed first, while nothing else of this process is warm."""
PEERS = ("scikit-learn",)
