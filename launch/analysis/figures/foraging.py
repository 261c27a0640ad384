"""Hidden food: the paths of the trials, where time was spent without food, and what was saved."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from innervate.launch.analysis.measures.foraging import ZONE_M, Trial, occupancy, zones
from innervate.launch.analysis.recordings.recording import Recording

TITLE = "Foraging"
NEEDS = ("trials",)
MOST = 6
"""Trials drawn, the first ones."""
_FOOD_M = 0.4


def draw(recording: Recording) -> Figure:
    """A panel a trial, then occupancy of the zones in the probes, and latency by trial."""
    assert recording.trials is not None
    trials = recording.trials
    shown, reach = trials[:MOST], 1.05 * max(float(np.abs(t.track_m).max()) for t in trials)
    columns = max(len(shown), 2)
    figure = Figure(figsize=(2.1 * columns, 4.6), dpi=130, layout="constrained")
    grid = figure.add_gridspec(2, columns, height_ratios=[1, 0.9])
    for k, trial in enumerate(shown):
        _path(figure.add_subplot(grid[0, k]), trial, reach)
    _zones(figure.add_subplot(grid[1, : columns // 2]), [t for t in trials if t.probe])
    _latency(figure.add_subplot(grid[1, columns // 2 :]), [t for t in trials if not t.probe])
    return figure


def _path(panel: Any, trial: Trial, reach: float) -> None:
    panel.plot(*trial.track_m.T, lw=0.8, color="#2b5c8a")
    panel.plot(*trial.track_m[0], "o", ms=3, color="#2b5c8a")
    for goal in trial.goal_m:
        panel.add_patch(Circle(tuple(goal), _FOOD_M, fill=not trial.probe, color="#d9782d", lw=0.8, alpha=0.8))
    if trial.probe:
        for zone in zones(trial.goal_m[0])[1:]:
            panel.add_patch(Circle(tuple(zone), ZONE_M, fill=False, color="#aaaaaa", lw=0.5))
    panel.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    name = "probe" if trial.probe else f"day {trial.day + 1}, trial {trial.number}"
    missed = "" if trial.found or trial.probe else ", not found"
    panel.set_title(f"{name}\n{trial.latency_s:.1f} s{missed}", fontsize=7)


def _zones(panel: Any, probes: list[Trial]) -> None:
    panel.set_title("probe: time within 1 m; the goal's zone first", fontsize=8)
    if not probes:
        panel.text(0.5, 0.5, "no probe", ha="center", va="center", fontsize=8, transform=panel.transAxes)
        panel.set(xticks=[], yticks=[])
        return
    shares = np.mean([occupancy(t.track_m, t.goal_m[0]) for t in probes], axis=0)
    panel.bar(range(len(shares)), shares, color=["#d9782d", *["#bbbbbb"] * (len(shares) - 1)])
    panel.set_xlabel("zone, turned by 45 degrees each", fontsize=7)
    panel.set_ylabel("share of the time", fontsize=7)
    panel.tick_params(labelsize=7)


def _latency(panel: Any, trials: list[Trial]) -> None:
    panel.set_title("latency by trial; grey: not found", fontsize=8)
    for found, colour in ((True, "#2b5c8a"), (False, "#aaaaaa")):
        these = [(t.number, t.latency_s) for t in trials if t.found == found]
        if these:
            panel.plot(*zip(*these, strict=True), "o", ms=4, color=colour)
    numbers = sorted({t.number for t in trials})
    panel.plot(numbers, [np.median([t.latency_s for t in trials if t.number == n]) for n in numbers], lw=1, color="k")
    panel.set(xticks=numbers, ylim=(0, None))
    panel.set_xlabel("trial of the day", fontsize=7)
    panel.set_ylabel("latency (s)", fontsize=7)
    panel.tick_params(labelsize=7)
