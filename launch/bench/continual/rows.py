"""The rows of the sequence: every method at every learning rate, and the differences that are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.continual.faster import FASTER, measured_faster
from innervate.launch.bench.continual.methods import Method, measured, methods
from innervate.launch.run.statistics import student_interval

FORGOTTEN, KEPT, NEAR = 0.4, 0.05, 1.05


@dataclass(frozen=True)
class Found:
    """A method at its best setting: each an array over seeds."""

    final: np.ndarray
    forgetting: np.ndarray
    learnt: np.ndarray
    """Just after each task."""
    told: str


def arm_rows(bench: Bench) -> Iterator[Row]:
    """Final error and forgetting of every method; then what was to be reached."""
    seeds, batches = bench.seeds or (2 if bench.quick else 5), 150 if bench.quick else 700
    found: dict[str, Found] = {}
    for method in [*methods(), FASTER]:
        best = found[method.name] = _best(bench, method, batches, seeds)
        bench.say(f"{method.name}: {best.told}")
        yield Row(
            row=f"five arm tasks in a row, {method.name}: mean error at the end", value=float(best.final.mean()),
            unit="nRMSE", interval=student_interval(best.final.tolist()), n=seeds, peer=best.told,
        )  # fmt: skip
        if not method.name.startswith("ceiling"):
            yield Row(
                row=f"five arm tasks in a row, {method.name}: forgetting", value=float(best.forgetting.mean()),
                unit="nRMSE", interval=student_interval(best.forgetting.tolist()), n=seeds,
                peer=f"just after learning {best.learnt.mean():.3f}",
            )  # fmt: skip
    yield from _asked(found, seeds)


def _asked(found: dict[str, Found], seeds: int) -> Iterator[Row]:
    plain, joint, replay = found["null: plain"], found["ceiling: joint"], found["peer: replay of 100 samples a task"]
    hlop, gpm = found["HLOP, QR after each task"], found["GPM, as many rows as HLOP"]
    yield _difference("positive control: plain less joint, error at the end", plain.final - joint.final, seeds,
                      "above 0 by the interval", above=True)  # fmt: skip
    for name, ours in (
        ("", hlop),
        (", rows learnt faster,", found["HLOP, QR, rows learnt faster"]),
    ):
        ratio = ours.final / gpm.final
        yield Row(
            row=f"HLOP with QR{name} over GPM at equal rows, error at the end", value=float(ratio.mean()), unit="ratio",
            interval=student_interval(ratio.tolist()), n=seeds, peer="1 is level", reach=f"at most {NEAR}",
            holds=bool(ratio.mean() <= NEAR),
        )  # fmt: skip
        yield Row(
            row=f"HLOP with QR{name}: forgetting, where plain forgets at least 0.4",
            value=float(ours.forgetting.mean()), unit="nRMSE",
            interval=student_interval(ours.forgetting.tolist()), n=seeds,
            peer=f"plain {plain.forgetting.mean():.3f}", reach=f"at most {KEPT}",
            holds=bool(ours.forgetting.mean() <= KEPT and plain.forgetting.mean() >= FORGOTTEN),
        )  # fmt: skip
    yield _difference("HLOP with QR less HLOP as released, error at the end",
                      hlop.final - found["HLOP as released, no QR"].final, seeds)  # fmt: skip
    yield _difference("HLOP with QR less replay of 100, error at the end", hlop.final - replay.final, seeds)
    for rule in ("text's", "released"):
        error = found[f"CLASSP, the {rule} rule"].final - found["EWC"].final
        yield _difference(f"CLASSP, the {rule} rule, less EWC, error at the end", error, seeds)


def _difference(row: str, values: np.ndarray, seeds: int, reach: str = "", *, above: bool = False) -> Row:
    """Seed by seed; the bar, where there is one, is that the whole interval lies above 0."""
    interval = student_interval(values.tolist())
    return Row(
        row=row, value=float(values.mean()), unit="nRMSE", interval=interval, n=seeds, peer="0 is level",
        reach=reach, holds=interval is not None and interval[0] > 0 if above else None,
    )  # fmt: skip


def _best(bench: Bench, method: Method, batches: int, seeds: int) -> Found:
    """The setting and rate with the least mean error at the end; what came at the others is told."""
    every: dict[str, list[dict[str, Any]]] = {}
    run = measured_faster if method is FASTER else measured
    for setting in method.settings:
        for rate in method.rates:
            name = f"{setting + ', ' if setting else ''}rate {rate:g}"
            every[name] = [
                bench.once(
                    f"arm {method.name} {name} {batches} {seed}",
                    partial(run, method.name, setting, rate, batches, seed),
                )
                for seed in range(seeds)
            ]
    means = {name: float(np.mean([_final(one) for one in runs])) for name, runs in every.items()}
    name = min(means, key=lambda name: (not np.isfinite(means[name]), means[name]))
    runs = every[name]
    others = ", ".join(f"{other} {mean:.3g}" for other, mean in means.items() if other != name)
    cpu_s = np.mean([run["cpu_s"] for run in runs])
    learnt = [np.diag(run["after"]) if len(run["after"]) > 1 else np.array(run["after"][0]) for run in runs]
    return Found(
        np.array([_final(run) for run in runs]),
        np.array([np.mean((np.array(run["after"][-1]) - own)[:-1]) for run, own in zip(runs, learnt, strict=True)]),
        np.array([own.mean() for own in learnt]),
        f"{name}; at {others}; {runs[0]['floats']:,} floats kept, {cpu_s:.1f} CPU-s a run",
    )


def _final(run: dict[str, Any]) -> float:
    """A run that diverged has no error that counts."""
    mean = float(np.mean(run["after"][-1]))
    return mean if np.isfinite(mean) else float("inf")
