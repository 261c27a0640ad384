"""Prediction at full size, beside the strongest agent that does not predict.

100 k steps of SAC and of CrossQ, with and without: three hours of a core for a seed. CrossQ stands here because, at
SAC's price and without prediction, it equals the best published predictive agent after 100 k steps. Its critics have
SAC's width here; at its own (1024) an update takes 138 ms of a core, a run more than three and a half hours.
"""

from collections.abc import Iterable
from dataclasses import replace

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.predictive.embodied import BOTTLENECK, gain

FULL_SIZE = replace(
    BOTTLENECK, task="Walker2d-v5", steps=100_000, every=5_000, latent=64, num_envs=1, net_arch=None,
    settings={"batch_size": 256, "learning_starts": 5_000}, encoder={"hidden": (256,)},
)  # fmt: skip
"""SAC's own networks and rates, and one update a step."""
SAC_S_OWN = (256, 256)
ENOUGH = 3
"""Seeds from which a row is judged."""
REACH = ((FULL_SIZE, 1.25), (replace(FULL_SIZE, algorithm="CrossQ", net_arch=(256, 256)), 1.05))


def run(bench: Bench) -> Iterable[Row]:
    """One seed unless more are asked for."""
    for trial, reach in REACH:
        if bench.quick:
            short = {**trial.settings, "learning_starts": 1_000}
            trial = replace(trial, steps=2_000, every=1_000, settings=short)
        seeds = bench.seeds or 1
        row, value = gain(bench, trial, seeds)
        judged = seeds >= ENOUGH and not bench.quick
        yield replace(
            row, peer=f"{row.peer}; layers of {' and '.join(map(str, trial.net_arch or SAC_S_OWN))} units",
            reach=f"at least {reach}, {ENOUGH} seeds or more", holds=value >= reach if judged else None,
        )  # fmt: skip
