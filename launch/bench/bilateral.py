"""Two hemispheres on muscle-driven arms, beside a re-implementation of the released code and beside MotorNet."""

from collections.abc import Iterable

import numpy as np

from innervate.launch.analysis.laterality import bootstrap, interaction
from innervate.launch.bench import bilateral_figures, bilateral_models, bilateral_numbers
from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.bilateral_models import TASKS, Scores
from innervate.launch.bench.rows import Row

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
            interval=bootstrap(cm), n=len(cm), peer=f"re-implementation of the released code {reference} cm (3 seeds)",
            reach=f"at most {reference}", holds=None if bench.quick else bool(round(cm.mean(), 1) <= reference),
        )  # fmt: skip


def claims(found: Scores) -> Iterable[Row]:
    """Does each side win its own task? The interaction of task and side, on paired seeds."""
    for measure, reach, hold in (("end error", ERROR, ERROR), *((m, m, m) for m in ("effort", "drift, m/s"))):
        parts = [np.array(found[s]["reach"][reach]) for s in bilateral_models.SIDES]
        parts += [np.array(found[s]["hold"][hold]) for s in bilateral_models.SIDES]
        values = interaction(*parts)
        low, high = bootstrap(values)
        verdict = "supports the paper" if low > 0 else "contradicts it" if high < 0 else "leaves it open"
        yield Row(
            row=f"task x hemisphere interaction of the laterality index, {measure}", value=float(values.mean()),
            unit="", interval=(low, high), n=len(values),
            peer=f"positive if each side is better at its own task; {verdict}; reach D {parts[0].mean():.3g}, "
            f"N {parts[1].mean():.3g}, hold D {parts[2].mean():.3g}, N {parts[3].mean():.3g}",
        )  # fmt: skip


def ensembles(found: Scores) -> Iterable[Row]:
    """Two specialists averaged: the baseline that a bilateral net has to beat, with twice the parameters of one."""
    for task in TASKS:
        cm = {name: 100 * np.array(found[name][task][ERROR]) for name in found}
        yield Row(
            row=f"{task}, end error, ensemble of one specialist each", value=float(cm["ensemble"].mean()), unit="cm",
            interval=bootstrap(cm["ensemble"]), n=len(cm["ensemble"]),
            peer=", ".join(f"{name} alone {values.mean():.1f} cm" for name, values in cm.items() if name != "ensemble"),
        )  # fmt: skip
