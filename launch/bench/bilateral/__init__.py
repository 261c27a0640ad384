"""Two hemispheres on muscle-driven arms, beside a re-implementation of the released code and beside MotorNet."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from innervate.launch.analysis.measures.laterality import interaction, laterality_index
from innervate.launch.bench._kit.benchmark import Bench, Part
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.bilateral import (
    figures as bilateral_figures,
)
from innervate.launch.bench.bilateral import (
    models as bilateral_models,
)
from innervate.launch.bench.bilateral import (
    mujoco as bilateral_mujoco,
)
from innervate.launch.bench.bilateral import (
    numbers as bilateral_numbers,
)
from innervate.launch.bench.bilateral import (
    recurrent as bilateral_recurrent,
)
from innervate.launch.bench.bilateral.models import SIDES, TASKS, Scores
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
PREFERRED = {"reach": SIDES, "hold": SIDES[::-1]}
"""The specialist that a task is said to suit, and the other."""
BILATERAL = "bilateral, specialised, released callosum"
SHOWN = {
    "reach": (("linearity", 1, ""), ("peak speed, m/s", 1, " m/s"), ("effort", 1, "")),
    "hold": (("peak displacement, m", 100, " cm"), ("drift, m/s", 100, " cm/s"), ("effort", 1, "")),
}
"""Measures that stand beside the end error: name, factor, unit."""


def _cm(found: Scores, name: str, task: str) -> Float[np.ndarray, "seed"]:
    return 100 * np.array(found[name][task][ERROR])


def errors(found: Scores, bench: Bench) -> Iterable[Row]:
    """End errors beside the reference's, in the same protocol."""
    for (task, side), reference in REFERENCE_CM.items():
        cm = _cm(found, side, task)
        yield Row(
            row=f"{task}, end error, {side}, paper's protocol", value=float(cm.mean()), unit="cm",
            interval=mean_interval(cm), n=len(cm),
            peer=f"re-implementation of the released code {reference} cm (3 seeds)",
            reach=f"at most {reference}", holds=None if bench.quick else bool(cm.mean() <= reference),
        )  # fmt: skip


def variants(found: Scores) -> Iterable[Row]:
    """Every variant on both tasks, with its other measures, and what is left of it when a part is cut."""
    for name in found:
        if ";" in name:
            continue
        for task in TASKS:
            cm = _cm(found, name, task)
            said = [
                f"{measure.partition(',')[0]} {scale * np.mean(found[name][task][measure]):.3g}{unit}"
                for measure, scale, unit in SHOWN[task]
            ]
            cut = [
                f"{other.partition('; ')[2]} {_cm(found, other, task).mean():.1f} cm"
                for other in found
                if other.startswith(f"{name};")
            ]
            yield Row(
                row=f"{task}, end error, {name}", value=float(cm.mean()), unit="cm", interval=mean_interval(cm),
                n=len(cm), peer="; ".join([", ".join(said), *cut]),
            )  # fmt: skip


def claims(found: Scores) -> Iterable[Row]:
    """The paper's claims about end errors, each as a difference paired by seed; below 0 the first is better."""
    for task in TASKS:
        preferred, other = PREFERRED[task]
        for first, second, said in (
            (preferred, other, "each side beats the other in its own task"),
            (BILATERAL, other, "a bilateral net beats the non-preferred side"),
            (BILATERAL, preferred, "a bilateral net matches or beats the preferred side"),
            (BILATERAL, "bilateral, specialised, no callosum", "a callosum tends to help specialised nets"),
            ("bilateral, non-specialised, released callosum", "bilateral, non-specialised, no callosum",
             "a callosum tends to help non-specialised nets"),
            ("bilateral, specialised, learned callosum", BILATERAL, "beyond the paper: learned fibres"),
            (BILATERAL, "bilateral, non-specialised, released callosum", "beyond the paper: specialisation"),
            (BILATERAL, "unilateral, parameter-matched", "beyond the paper: one side as large as both"),
            (BILATERAL, "ensemble, parameter-matched", "beyond the paper: an ensemble as large as both sides"),
            ("dominant, loss as released", "dominant", "the loss as it is executed against the loss as written"),
        ):  # fmt: skip
            yield _difference(found, task, first, second, said)


def _difference(found: Scores, task: str, first: str, second: str, said: str) -> Row:
    one, other = _cm(found, first, task), _cm(found, second, task)
    n = min(len(one), len(other))  # the same seeds of both
    cm = one[:n] - other[:n]
    low, high = mean_interval(cm)
    verdict = "better" if high < 0 else "worse" if low > 0 else "no difference is certain"
    means = f"{one[:n].mean():.1f} against {other[:n].mean():.1f} cm"
    return Row(
        row=f"{task}: {first}, minus {second}", value=float(cm.mean()), unit="cm", interval=(low, high), n=len(cm),
        peer=f"{means}; {said}: {verdict}",
    )  # fmt: skip


def laterality(found: Scores) -> Iterable[Row]:
    """Does each side win its own task? Both laterality indices and their interaction, per measure.

    An interaction alone is no dissociation: the dominant side must win the reach and the other one the hold.
    """
    for measure in (ERROR, "effort", "drift, m/s"):
        d_reach, n_reach, d_hold, n_hold = (np.array(found[side][task][measure]) for task in TASKS for side in SIDES)
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


def _span(index: Float[np.ndarray, "seed"]) -> str:
    low, high = mean_interval(index)
    return f"{low:+.2f} to {high:+.2f}"


def _learned(bench: Bench) -> Iterable[Row]:
    found: Scores = {}
    for kind in bilateral_models.kinds():
        found.update(bilateral_models.measured(bench, kind, BATCHES))
    yield from errors(found, bench)
    yield from variants(found)
    yield from claims(found)
    yield from laterality(found)
    bilateral_figures.dissociation(bench, found)
    bilateral_figures.lesions(bench, found)


PARTS: dict[str, Part] = {
    "numbers": bilateral_numbers.rows,
    "recurrent": bilateral_recurrent.rows,
    "learned": _learned,
    "mujoco": bilateral_mujoco.rows,
}
"""The bodies first, then what is learned on them."""
PEERS = ("motornet",)
