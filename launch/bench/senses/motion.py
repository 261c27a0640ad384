"""Direction and speed of films of events: delays against one delay, delays out of order, and two classical ways."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.senses.delays import AGES, FULL, QUICK, SETTLED, classical_arm, layer_arm
from innervate.launch.run.statistics import student_interval

LAYERS = {
    "10 delays": (10, False), "5 delays": (5, False), "1 delay": (1, False), "10 delays out of order": (10, True),
}  # fmt: skip
CLASSICAL = {"Lucas-Kanade": "lucas-kanade", "planes": "planes"}
REACH, MINUTES, KEPT = 0.90, 15.0, 0.95


def motion_rows(bench: Bench) -> Iterator[Row]:
    """New films and new weights for every seed; all arms of a seed are judged on the same films."""
    budget, seeds = QUICK if bench.quick else FULL, bench.seeds or (1 if bench.quick else 3)
    arms: dict[str, list[dict[str, Any]]] = {name: [] for name in (*LAYERS, *CLASSICAL)}
    for seed in range(seeds):
        for name, (delays, shuffled) in LAYERS.items():
            measure = partial(layer_arm, budget, seed, delays, shuffled=shuffled)
            arms[name].append(bench.once(f"{name} {budget} {seed}", measure))
            bench.say(f"seed {seed}, {name}: {arms[name][-1]['settled']:.3f}")
        for name, kind in CLASSICAL.items():
            arms[name].append(bench.once(f"{name} {budget} {seed}", partial(classical_arm, budget, seed, kind)))
            bench.say(f"seed {seed}, {name}: {arms[name][-1]['settled']:.3f}")
    ours = arms["10 delays"]

    def each(key: str, name: str = "10 delays") -> list[float]:
        return [float(run[key]) for run in arms[name]]

    def others(key: str) -> str:
        told = (f"{name} {np.mean(each(key, name)):.3f}" for name in arms if name != "10 delays")
        return ", ".join(told)

    size = budget.config.size
    settled = each("settled")
    yield Row(
        row=f"12 directions x 3 speeds, {size} x {size}: ticks within 30 degrees, {SETTLED} and more after a change",
        value=float(np.mean(settled)), unit="share", interval=student_interval(settled), n=seeds,
        peer=f"{others('settled')}; chance 0.25", reach=f"at least {REACH:g}", holds=bool(np.mean(settled) >= REACH),
    )  # fmt: skip
    for name in ("1 delay", "10 delays out of order", "Lucas-Kanade", "planes"):
        apart = [a - b for a, b in zip(settled, each("settled", name), strict=True)]
        interval = student_interval(apart)
        yield Row(
            row=f"the same, less {name}", value=float(np.mean(apart)), unit="share", interval=interval, n=seeds,
            peer=f"{np.mean(each('settled', name)):.3f}", reach="above 0 by the interval",
            holds=None if interval is None else interval[0] > 0,
        )  # fmt: skip
    for key, what, chance in (
        ("direction", "all ticks within 30 degrees", 0.25), ("exact", "all ticks, direction and speed", 1 / 36),
        ("exact_settled", f"direction and speed, {SETTLED} ticks and more after a change", 1 / 36),
    ):  # fmt: skip
        yield Row(
            row=what, value=float(np.mean(each(key))), unit="share", interval=student_interval(each(key)), n=seeds,
            peer=f"{others(key)}; chance {chance:.3f}",
        )  # fmt: skip
    places = ", ".join(f"{name} {np.mean(each('places', name)):.3f}" for name in LAYERS if name != "10 delays")
    yield Row(
        row=f"one place alone within 30 degrees, {SETTLED} ticks and more after a change",
        value=float(np.mean(each("places"))), unit="share", interval=student_interval(each("places")), n=seeds,
        peer=f"{places}; chance 0.25",
    )  # fmt: skip
    since = np.array([run["by_age"] for run in ours], float)
    known = np.array([run["by_age"] for run in arms["Lucas-Kanade"]], float)
    yield Row(
        row=f"within 30 degrees, less than {AGES[1]} ticks after a change", value=float(np.nanmean(since[:, 0])),
        unit="share", n=seeds,
        peer="from "
        + ", ".join(f"{a}: {np.nanmean(b):.2f} (Lucas-Kanade {np.nanmean(c):.2f})"
                    for a, b, c in zip(AGES, since.T, known.T, strict=True)),
    )  # fmt: skip
    yield from _pruned(ours, seeds)
    minutes = max(each("train_cpu_s")) / 60
    yield Row(
        row="training, longest of the seeds", value=minutes, unit="CPU-min", n=seeds,
        peer=f"{budget.films} films of {budget.config.ticks} ticks, {budget.steps} steps of 4096 patches, one thread",
        reach=f"at most {MINUTES:g}", holds=minutes <= MINUTES,
    )  # fmt: skip
    yield from _cost(ours, arms, seeds)


def _pruned(ours: list[dict[str, Any]], seeds: int) -> Iterator[Row]:
    """What is kept of the settled ticks when the smallest weights go."""
    for k, share in enumerate(ours[0]["pruned"]):
        for how, words in (("cut", "as cut"), ("learnt on", "the others having learnt on")):
            runs = [run["pruned"][share][how] for run in ours]
            kept = [float(cut["settled"] / run["settled"]) for cut, run in zip(runs, ours, strict=True)]
            yield Row(
                row=f"pruned to {runs[0]['weights']} of {ours[0]['weights']} weights by magnitude, {words}: kept",
                value=float(np.mean(kept)), unit="of the whole layer's share", interval=student_interval(kept), n=seeds,
                peer=f"settled ticks {np.mean([r['settled'] for r in runs]):.3f}, one place alone "
                     f"{np.mean([r['places'] for r in runs]):.3f}, direction and speed "
                     f"{np.mean([r['exact_settled'] for r in runs]):.3f}",
                reach=f"at least {KEPT:g}" if k == 0 else "", holds=bool(np.mean(kept) >= KEPT) if k == 0 else None,
            )  # fmt: skip


def _cost(ours: list[dict[str, Any]], arms: dict[str, list[dict[str, Any]]], seeds: int) -> Iterator[Row]:
    """The layer driven by events beside its convolution, and beside the classical ways."""
    mean = {key: float(np.mean([run["cost"][key] for run in ours])) for key in ours[0]["cost"]}
    for form, named in (("events", "all weights"), ("pruned", "a tenth of the weights")):
        faster = mean["dense 0.05"] / mean[f"{form} 0.05"]
        yield Row(
            row=f"driven by events, {named}, 5 % of the pixels active", value=faster, unit="times as fast as dense",
            n=seeds,
            peer="ms a tick at 1, 5 and 25 %: "
            + ", ".join(f"{mean[f'{form} {a}']:.2f} ({mean[f'dense {a}']:.2f} dense)" for a in (0.01, 0.05, 0.25)),
            reach="above 1", holds=faster > 1,
        )  # fmt: skip
    yield Row(
        row="a tick of the films, dense", value=float(np.mean([run["ms_a_tick"] for run in ours])), unit="ms of CPU",
        n=seeds,
        peer=", ".join(f"{name} {np.mean([r['ms_a_tick'] for r in arms[name]]):.2f}" for name in CLASSICAL),
    )  # fmt: skip
