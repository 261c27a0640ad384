"""What a sweep says: one line for each point, as JSON, as a table and as pictures."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from innervate.configurations import from_options
from innervate.errors import RunError
from innervate.files import read_json, write_text_atomically
from innervate.launch.run.manifest import commit, versions
from innervate.launch.run.statistics import bootstrap_interval, interquartile_mean
from innervate.launch.sweep.driver import Sweep, Trial, validation

FORMAT = 1
PLAN, RESULTS = "sweep.json", "results.json"


@dataclass(frozen=True)
class PointResult:
    """A point of the sweep and what its seeds scored."""

    point: Mapping[str, str]
    runs: Sequence[str]
    returns: Sequence[float]
    """Held-out return of each complete run."""
    mean: float | None
    interval: tuple[float, float] | None
    """Interquartile mean over seeds and its 95 % interval, from two seeds on."""
    validation: float | None
    """Mean of the last evaluations during training, by which points are chosen."""
    failures: Sequence[str]

    @property
    def name(self) -> str:
        """`cma.sigma=0.3, swim.n_links=5`."""
        return ", ".join(f"{k}={v}" for k, v in self.point.items()) or "as given"


def summarise(sweep: Sweep) -> list[PointResult]:
    """One result for each point, the best by validation first."""
    points = list[Mapping[str, str]]()
    for trial in sweep.trials.values():
        if trial.point not in points:
            points.append(trial.point)
    results = [_summary(point, sweep.of(point)) for point in points]
    return sorted(results, key=lambda r: -np.inf if r.validation is None else r.validation, reverse=True)


def _summary(point: Mapping[str, str], trials: Sequence[Trial]) -> PointResult:
    returns = [t.score["return"] for t in trials if t.score]
    scores = np.array(returns)
    low, high = bootstrap_interval(scores[:, None, None], np.random.default_rng(0)) if len(returns) > 1 else (0.0, 0.0)
    return PointResult(
        point=point,
        runs=[t.name for t in trials],
        returns=returns,
        mean=interquartile_mean(scores) if returns else None,
        interval=(low, high) if len(returns) > 1 else None,
        validation=validation(trials),
        failures=[t.failure for t in trials if t.failure],
    )


def write_plan(folder: Path, command: str, axes: Sequence[str], seeds: int) -> None:
    """`sweep.json`, which makes the folder a sweep."""
    document = {
        "format": FORMAT, "command": command, "axes": list(axes), "seeds": seeds,
        "commit": commit(), "versions": versions(),
    }  # fmt: skip
    write_text_atomically(folder / PLAN, json.dumps(document, indent=1) + "\n")


def write_results(folder: Path, results: Iterable[PointResult]) -> None:
    """`results.json` and `results.md`."""
    listed = list(results)
    document = {"format": FORMAT, "points": [{"name": r.name, **r.__dict__} for r in listed]}
    write_text_atomically(folder / RESULTS, json.dumps(document, indent=1) + "\n")
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    lines += ["| " + " | ".join(row) + " |" for row in table(listed)]
    write_text_atomically(folder / "results.md", "\n".join(lines) + "\n")


HEADER = ("point", "complete", "held-out return", "95 % interval", "validation", "failed")


def table(results: Iterable[PointResult]) -> list[tuple[str, ...]]:
    """The cells below `HEADER`."""
    return [
        (
            r.name,
            f"{len(r.returns)} of {len(r.runs)}",
            "" if r.mean is None else f"{r.mean:.1f}",
            "" if r.interval is None else "{:.1f} to {:.1f}".format(*r.interval),
            "" if r.validation is None else f"{r.validation:.1f}",
            str(len(r.failures)) if r.failures else "",
        )
        for r in results
    ]


def is_sweep(path: Path) -> bool:
    """Whether the folder holds a sweep."""
    return (path / PLAN).exists()


def read_results(folder: Path) -> tuple[dict[str, Any], list[PointResult]]:
    """The plan and the results of a sweep's folder."""
    plan = read_json(folder, folder / PLAN)
    if plan.get("format") != FORMAT:
        raise RunError(f"{folder / PLAN} is of format {plan.get('format')!r}; this innervate reads format {FORMAT}.")
    if not (folder / RESULTS).exists():
        raise RunError(f"The sweep in {folder} has not ended yet; go on with it by its own command: {plan['command']}")
    document = read_json(folder, folder / RESULTS)
    try:
        return plan, [
            from_options(PointResult, {k: v for k, v in point.items() if k != "name"}) for point in document["points"]
        ]
    except (KeyError, TypeError) as error:
        raise RunError(f"{folder / RESULTS} is incomplete or of the wrong shape: {error}") from error
