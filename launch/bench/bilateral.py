"""Two hemispheres on muscle-driven arms, beside a re-implementation of the released code and beside MotorNet."""

from collections.abc import Iterable

import numpy as np

from innervate.launch.analysis.laterality import interaction, laterality_index
from innervate.launch.bench import bilateral_figures, bilateral_models, bilateral_numbers
from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.bilateral_models import TASKS, Scores
from innervate.launch.bench.rows import Row
from innervate.launch.run.statistics import mean_interval

REFERENCE_CM = {
    ("reach", "dominant"): 4.0,
    ("reach", "non-dominant"): 5.0,
    ("hold", "dominant"): 5.8,
    ("hold", "non-dominant"): 6.3,
}
"""End errors of a faithful re-implementation of the released code, 2,000 batches, 3 seeds."""
BATCHES = 2000
"""Of every controller, as the reference was trained."""
ERROR = "end error, m"


def run(bench: Bench) -> Iterable[Row]:
    """The bodies first, then what is learned on them."""
    yield from bilateral_numbers.rows(bench)
    specialists = bilateral_models.unilateral(bench, BATCHES)
    yield from errors(specialists, bench)
    yield from claims(specialists)
    yield from ensembles(specialists)
    bilateral_figures.dissociation(bench, specialists)


def errors(found: Scores, bench: Bench) -> Iterable[Row]:
    """End errors beside the reference's, in the same protocol."""
    for (task, side), reference in REFERENCE_CM.items():
        cm = 100 * np.array(found[side][task][ERROR])
        yield Row(
            row=f"{task}, end error, {side}, paper's protocol", value=float(cm.mean()), unit="cm",
            interval=mean_interval(cm), n=len(cm),
            peer=f"re-implementation of the released code {reference} cm (3 seeds)",
            reach=f"at most {reference}", holds=None if bench.quick else bool(round(cm.mean(), 1) <= reference),
        )  # fmt: skip


def claims(found: Scores) -> Iterable[Row]:
    """Does each side win its own task (the paper's claim)? Both laterality indices and their interaction, per measure.

    An interaction alone is no dissociation: the dominant side must win the reach and the other one the hold.
    """
    for measure in (ERROR, "effort", "drift, m/s"):
        d_reach, n_reach, d_hold, n_hold = (
            np.array(found[side][task][measure]) for task in TASKS for side in bilateral_models.SIDES
        )
        values = interaction(d_reach, n_reach, d_hold, n_hold)
        indices = {"reach": laterality_index(d_reach, n_reach), "hold": laterality_index(d_hold, n_hold)}
        said = [f"{task} {index.mean():+.2f} ({_span(index)})" for task, index in indices.items()]
        apart = mean_interval(indices["reach"])[1] < 0 < mean_interval(indices["hold"])[0]
        yield Row(
            row=f"task x hemisphere interaction of the laterality index, {measure}", value=float(values.mean()),
            unit="", interval=mean_interval(values), n=len(values),
            peer=f"laterality index (D - N)/(D + N): {', '.join(said)}; each side better at its own task, as the paper "
            f"claims: {'yes' if apart else 'no'}",
        )  # fmt: skip


def _span(index: np.ndarray) -> str:
    low, high = mean_interval(index)
    return f"{low:+.2f} to {high:+.2f}"


def ensembles(found: Scores) -> Iterable[Row]:
    """Two specialists averaged: the baseline that a bilateral net has to beat, with twice the parameters of one."""
    for task in TASKS:
        cm = {name: 100 * np.array(found[name][task][ERROR]) for name in found}
        yield Row(
            row=f"{task}, end error, ensemble of one specialist each", value=float(cm["ensemble"].mean()), unit="cm",
            interval=mean_interval(cm["ensemble"]), n=len(cm["ensemble"]),
            peer=", ".join(f"{name} alone {values.mean():.1f} cm" for name, values in cm.items() if name != "ensemble"),
        )  # fmt: skip
