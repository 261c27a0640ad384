"""Prediction at full size, beside the strongest agent that does not predict.

100 k steps of SAC and of CrossQ at their own sizes, with and without: hours for a seed. CrossQ stands here because,
at SAC's price and without prediction, it equals the best published predictive agent after 100 k steps.
"""

from collections.abc import Iterable
from dataclasses import replace

from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.predictive.embodied import BOTTLENECK, gain
from innervate.launch.bench.rows import Row

FULL_SIZE = replace(
    BOTTLENECK, task="Walker2d-v5", steps=100_000, every=5_000, latent=64, num_envs=1, net_arch=None,
    settings={"batch_size": 256, "learning_starts": 5_000}, encoder={"hidden": (256,)},
)  # fmt: skip
"""The algorithms' own networks and rates, and one update a step."""
REACH = (("SAC", 1.25), ("CrossQ", 1.05))


def run(bench: Bench) -> Iterable[Row]:
    """One seed unless more are asked for."""
    trial = FULL_SIZE
    if bench.quick:
        trial = replace(trial, steps=2_000, every=1_000, settings={**trial.settings, "learning_starts": 1_000})
    for algorithm, reach in REACH:
        row, value = gain(bench, replace(trial, algorithm=algorithm), bench.seeds or 1)
        yield replace(row, reach=f"at least {reach}", holds=value >= reach)
