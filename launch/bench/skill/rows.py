"""The rows of time to skill: seconds to 95 % of the better of both finals."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from innervate.agents.learner import WorldConfig
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.skill.ours import LOOKS, ours
from innervate.launch.bench.skill.peers import SETTINGS, peer
from innervate.launch.run.preset import PRESETS

SHARE, EPISODES, SEEDS = 0.95, 10, 3
PATIENCE = 10
"""A peer is stopped at so many times our training's CPU-seconds; a quick one at twice."""
PRIOR = ("ncap", "wiring", "brain")
"""Circuits with a biological prior: the bar is five times, else one."""
QUICK = ("swim-entrained-cma", "swimmer-v5-entrained-cma")


def criterion(finals: tuple[float, float], untrained: float) -> float:
    """95 % of the better final; where that is below zero, 95 % of the way to it from the untrained controller."""
    better = max(finals)
    return SHARE * better if better > 0 else untrained + SHARE * (better - untrained)


def seconds_to(curve: list[list[float]], reach: float) -> tuple[float, float]:
    """CPU and wall seconds at which a curve first came to a return; infinity where it did not."""
    found = next(((float(cpu), float(wall)) for cpu, wall, value in curve if value >= reach), None)
    return found or (float("inf"), float("inf"))


def skill_rows(preset: str, bench: Bench) -> Iterator[Row]:
    """Seconds of ours, of the best of the peer's settings, and their ratio, a mean over seeds."""
    if bench.quick and preset not in QUICK:
        return
    made = PRESETS[preset]
    world = WorldConfig(id=made.task, options=made.options)
    seeds = bench.seeds or (1 if bench.quick else SEEDS)
    settings, patience = (SETTINGS[:2], 2) if bench.quick else (SETTINGS, PATIENCE)
    mine = [bench.once(f"{preset}|{made}|{seed}", partial(ours, preset, seed, EPISODES)) for seed in range(seeds)]
    limit_s = patience * float(np.mean([m["spent"][0] for m in mine]))
    bench.say(f"{preset}: {np.mean([m['held_out'] for m in mine]):.4g} in {limit_s / patience:.0f} CPU-s")
    theirs: dict[str, list[Any]] = {}
    for setting in settings:
        theirs[setting.name] = [
            bench.once(
                f"{preset}|{setting}|{seed}|{made}|{patience}",
                partial(peer, setting, world, seed, limit_s, LOOKS, EPISODES),
            )
            for seed in range(seeds)
        ]
        bench.say(f"{preset}, {setting.name}: {np.mean([t['held_out'] for t in theirs[setting.name]]):.4g}")
    untrained = float(np.mean([m["curve"][0][2] for m in mine]))
    finals = {name: float(np.mean([t["held_out"] for t in runs])) for name, runs in theirs.items()}
    final = float(np.mean([m["held_out"] for m in mine]))
    reach = criterion((final, max(finals.values())), untrained)

    def mean_s(runs: list[Any]) -> tuple[float, float]:
        times = [seconds_to(run["curve"], reach) for run in runs]
        return float(np.mean([t[0] for t in times])), float(np.mean([t[1] for t in times]))

    best = min(finals, key=lambda name: (mean_s(theirs[name])[1], -finals[name]))
    (own_cpu, own_wall), (cpu, wall) = mean_s(mine), mean_s(theirs[best])
    told = f"best of {len(settings)}: {best}, final {finals[best]:.4g}" + (
        f", {cpu:.0f} CPU-s, {wall:.0f} s" if np.isfinite(cpu) else f", not reached in {limit_s:.0f} CPU-s"
    )
    began = f"to {reach:.4g}; untrained {untrained:.4g}, after training {final:.4g}"
    common: dict[str, Any] = {"n": seeds}
    yield Row(row=f"{preset}: CPU-seconds {began}", value=_finite(own_cpu), unit="s", peer=told, **common)
    yield Row(row=f"{preset}: wall time, one thread", value=_finite(own_wall), unit="s", peer=told, **common)
    kind = type(made.controller).__module__.rpartition("circuits.")[2].partition(".")[0]
    least = 5.0 if kind in PRIOR else 1.0
    # Where the peer was stopped before the criterion, it needs at least what it had.
    waited = wall if np.isfinite(wall) else float(np.mean([t["spent"][1] for t in theirs[best]]))
    faster = waited / max(own_wall, 1e-2) if np.isfinite(own_wall) else 0.0
    more = "at least" if not np.isfinite(wall) else ""
    yield Row(
        row=f"{preset}: times faster than the peer in wall time {more}".strip(), value=faster, unit="", peer=told,
        reach=f"at least {least:g}", holds=faster >= least, **common,
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
