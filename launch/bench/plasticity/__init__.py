"""Circuits that change while they live: learners of spikes, a damaged swimmer, a sensor that grows too strong."""

from innervate.launch.bench._kit.benchmark import Part
from innervate.launch.bench.plasticity.digits import digit_rows
from innervate.launch.bench.plasticity.gain import gain_rows
from innervate.launch.bench.plasticity.law import law_rows
from innervate.launch.bench.plasticity.matching import matching_rows
from innervate.launch.bench.plasticity.stuck import stuck_rows

PARTS: dict[str, Part] = {
    "law": law_rows,
    "matching": matching_rows,
    "digits": digit_rows,
    "gain": gain_rows,
    "stuck": stuck_rows,
}
