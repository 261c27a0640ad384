"""One animal: hidden food found and found again by a whole brain; its organs cut, and set beside plain ones."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from innervate.launch.analysis.measures.foraging import savings_of_what_can_be_saved, spl
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.brain.days import ANIMALS, LESIONS, cost, figures
from innervate.launch.bench.forage.days import bound
from innervate.launch.run.statistics import mean_interval

TOO_LONG_S = 120.0


def _pieces(bench: Bench, who: str, protocol: str, days: int, scenes: int) -> dict[str, list[Any]]:
    found = [
        bench.once(f"{who} {protocol} {scene} {days}", partial(figures, who, protocol, scene, days))
        for scene in range(scenes)
    ]
    return {name: [x for one in found for x in one[name]] for name in found[0]}


def _size(bench: Bench) -> tuple[int, int]:
    """Days a scene, and scenes."""
    return (bench.seeds or 3, 1) if bench.quick else (bench.seeds or 20, 5)


def whole(bench: Bench) -> Iterable[Row]:
    """The whole animal and the plain one on `dmp`, by day and at dusk, beside the oracle."""
    days, scenes = _size(bench)
    known = 20 if bench.quick else 400
    oracle = float(np.mean(bench.once(f"bound oracle {known}", partial(bound, "oracle", known))["latency_s"]))
    for protocol in ("dmp",) if bench.quick else ("dmp", "dusk", "winter", "kidnap"):
        for who in ANIMALS:
            found = _pieces(bench, who, protocol, days, scenes)
            first, second = np.array(found["trial_1_s"]), np.array(found["trial_2_s"])
            saved = savings_of_what_can_be_saved(first, second, oracle)
            length = spl(np.array(found["found"]), np.array(found["straight_m"]), np.array(found["path_m"]))
            soon, median = float(np.mean(second <= 20)), float(np.median(second))
            bench.say(f"{protocol}, {who}: trial 2 {median:.1f} s")
            barred = protocol == "dmp" and who == "forager"
            holds = median <= min(7.0, 1.5 * oracle) and saved >= 0.93 and soon >= 0.98 and length >= 0.90
            yield Row(
                row=f"{who}, `{protocol}`: median latency of trial 2", value=median, unit="s", n=len(second),
                interval=(float(np.quantile(second, 0.25)), float(np.quantile(second, 0.75))),
                peer=f"oracle {oracle:.1f} s (mean); trial 1 {np.median(first):.0f} s, within 120 s "
                     f"{np.mean(first < TOO_LONG_S):.2f}; saved {saved:.2f}; within 20 s {soon:.2f}; SPL {length:.2f}; "
                     f"probe within 1 m {np.mean(found['probe']):.2f}; interval: quartiles",
                reach="<= 7.0 s and 1.5 oracles, saved >= 0.93, within 20 s >= 0.98, SPL >= 0.90" if barred else "",
                holds=holds if barred else None,
            )  # fmt: skip


def lesions(bench: Bench) -> Iterable[Row]:
    """Each organ replaced by its fallback, the same days: what it costs, in latency over trials 2 to 4."""
    days, _ = _size(bench)
    days = days if bench.quick else (bench.seeds or 24)
    intact = _pieces(bench, "forager", "dmp", days, 1)
    whole_s = np.array(intact["later_s"])
    for organ, (_, fallback) in LESIONS.items():
        cut = _pieces(bench, f"forager without {organ}", "dmp", days, 1)
        lost = (np.array(cut["later_s"]) - whole_s) / whole_s.mean()
        low, high = mean_interval(lost)
        bench.say(f"without {organ}: {np.mean(cut['later_s']):.1f} s for {whole_s.mean():.1f} s")
        yield Row(
            row=f"`dmp` without {organ} ({fallback}): more time in trials 2 to 4", value=float(lost.mean()), unit="1",
            interval=(low, high), n=len(lost), peer=f"{np.mean(cut['later_s']):.1f} s against {whole_s.mean():.1f} s",
            reach=">= 0.10, interval above 0", holds=bool(lost.mean() >= 0.10 and low > 0),
        )  # fmt: skip


def speed(bench: Bench) -> Iterable[Row]:
    """The whole animal alone, one thread."""
    seconds = 20 if bench.quick else 120
    for who in ANIMALS:
        times = [bench.once(f"cost {who} {k}", partial(cost, who, seconds)) for k in range(1 if bench.quick else 5)]
        faster = float(np.median(times))
        yield Row(
            row=f"{who}, one body: times faster than real time", value=faster, unit="x", n=len(times),
            interval=(min(times), max(times)), peer="CPU time, one thread; interval: range",
            reach=">= 20" if who == "forager" else "", holds=faster >= 20 if who == "forager" else None,
        )  # fmt: skip


PARTS: dict[str, Callable[[Bench], Iterable[Row]]] = {"speed": speed, "whole": whole, "lesions": lesions}
