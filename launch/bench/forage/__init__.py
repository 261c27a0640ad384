"""Hidden goals: bounds, the plain baseline with a memory, localisation, smell, and what a step costs."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from innervate.launch.analysis.measures.foraging import savings_of_what_can_be_saved, spl
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.forage import chemotaxis, cost, localisation
from innervate.launch.bench.forage.days import bound, plain
from innervate.launch.run.statistics import mean_interval

LEARNERS = (
    ("PPO, MLP", "--controller mlp --learner ppo"),
    ("PPO, GRU with spread time constants", "--controller gru --gru.slowest-s 30 --learner ppo"),
    ("SAC, MLP", "--controller mlp --learner sac"),
)
BUDGET = 2_000_000


def _median(values: list[float], what: str, peer: str, reach: str = "", holds: bool | None = None) -> Row:
    """The median, with the order statistics that hold it in 95 of 100 cases."""
    ordered, n = np.sort(values), len(values)
    half = 0.98 * np.sqrt(n)
    low, high = (int(np.clip(round(n / 2 + side * half), 0, n - 1)) for side in (-1, 1))
    return Row(
        row=what, value=float(np.median(ordered)), unit="s", interval=(float(ordered[low]), float(ordered[high])), n=n,
        peer=peer, reach=reach, holds=holds,
    )  # fmt: skip


def bounds(bench: Bench) -> Iterable[Row]:
    """Who knows the food, who knows nothing, and who knows the ground."""
    days = bench.seeds or (20 if bench.quick else 400)
    for who, means in (("oracle", "knows place and food"), ("random walk", "180 s at most"),
                       ("perfect sweep", "knows its place, lanes 0.75 m apart")):  # fmt: skip
        found = bench.once(f"bound {who} {days}", lambda who=who: bound(who, days))
        peer = f"success {np.mean(found['found']):.2f}, SPL {_spl(found):.2f}; {means}"
        yield _median(found["latency_s"], f"{who}: median latency, vehicle, 10 m", peer)


def _spl(found: Mapping[str, list[Any]]) -> float:
    return spl(np.array(found["found"]), np.array(found["straight_m"]), np.array(found["path_m"]))


def memory(bench: Bench) -> Iterable[Row]:
    """Place code, dictionary and the same steering: what the task takes when place and memory are there."""
    scenes, days = (1, 4) if bench.quick else (5, bench.seeds or 20)
    known = bench.seeds or (20 if bench.quick else 400)
    oracle = bench.once(f"bound oracle {known}", lambda: bound("oracle", known))
    best = float(np.mean(oracle["latency_s"]))
    protocols = ("dmp",) if bench.quick else ("dmp", "dusk", "winter", "kidnap", "dark", "reversal")
    for protocol in protocols:
        pieces = [bench.once(f"plain {protocol} {scene} {days}", lambda p=protocol, s=scene: plain(p, s, days))
                  for scene in range(scenes)]  # fmt: skip
        first, second = ([x for piece in pieces for x in piece[f"latency_{k}_s"]] for k in (1, 2))
        success = float(np.mean([x for piece in pieces for x in piece["found_2"]]))
        saved = savings_of_what_can_be_saved(np.array(first), np.array(second), best)
        holds = float(np.median(second)) <= 8.0 and success >= 0.95
        barred = protocol == "dmp"
        yield _median(
            second, f"place + dictionary + sweep, `{protocol}`: trial 2",
            f"success {success:.2f}; trial 1 {np.median(first):.1f} s; saved of what can be {saved:.2f}",
            "<= 8 s, success >= 0.95" if barred else "", holds if barred else None,
        )  # fmt: skip
        if protocol == "dmp":
            within = [x for piece in pieces for x in piece["probe"]]
            yield Row(
                row="the same, probe: time within 1 m of where the food was", value=float(np.mean(within)), unit="1",
                interval=mean_interval(np.array(within)), n=len(within), peer="by chance 0.04",
            )  # fmt: skip


def learners(bench: Bench) -> Iterable[Row]:
    """Learners from rewards, each by one command; trained to the budget only where seeds are asked for."""
    for name, options in LEARNERS:
        command = f"innervate train hidden-goal {options} --env.probe-s 1 --steps {BUDGET}"
        yield Row(row=f"{name} on `dmp`, {BUDGET:,} steps", value=None, unit="s", peer=f"not run here: `{command}`")


PARTS: dict[str, Callable[[Bench], Iterable[Row]]] = {
    "bounds": bounds, "memory": memory, "localisation": localisation.rows, "chemotaxis": chemotaxis.rows,
    "cost": cost.rows, "learners": learners,
}  # fmt: skip
