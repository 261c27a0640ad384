"""Figures of the bilateral benchmark."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench.bilateral.models import SIDES, TASKS, Scores

MEASURES = (
    ("end error, m", 100, "end error (cm)"),
    ("effort", 1, "mean squared excitation"),
    ("drift, m/s", 100, "drift (cm/s)"),
)


def dissociation(bench: Bench, found: Scores) -> None:
    """Both tasks on both sides, one panel a measure, one line a seed; written beside the table."""
    figure = Figure(figsize=(9, 3), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, (name, scale, label) in zip(figure.subplots(1, len(MEASURES)), MEASURES, strict=True):
        for side, colour in zip(SIDES, ("tab:blue", "tab:orange"), strict=True):
            values = scale * np.array([found[side][task][name] for task in TASKS])
            axis.plot(range(len(TASKS)), values, "o-", color=colour, alpha=0.35, linewidth=1)
            axis.plot(range(len(TASKS)), values.mean(axis=1), "s-", color=colour, linewidth=2.5, label=side)
        axis.set_xticks(range(len(TASKS)), TASKS)
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
    figure.axes[0].legend(frameon=False)
    _save(bench, figure, "dissociation")


def lesions(bench: Bench, found: Scores) -> None:
    """End errors of bilateral nets, whole and with a part cut: one dot a seed, one bar the mean."""
    whole = [name for name in found if f"{name}; left lesioned" in found]
    figure = Figure(figsize=(11, 2.6 * len(TASKS)), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(TASKS), len(whole), sharey="row", squeeze=False)
    for row, task in zip(grid, TASKS, strict=True):
        for axis, name in zip(row, whole, strict=True):
            shown = {"whole": name} | {
                other.partition("; ")[2].removesuffix(" lesioned"): other
                for other in found
                if other.startswith(f"{name};")
            }
            for x, (label, key) in enumerate(shown.items()):
                cm = 100 * np.array(found[key][task]["end error, m"])
                axis.bar(x, cm.mean(), color="tab:gray" if label == "whole" else "tab:red", alpha=0.35)
                axis.plot(np.full(len(cm), x), cm, "k.", markersize=4)
            axis.set_xticks(range(len(shown)), shown, fontsize=8)
            axis.set_title(name.replace(", ", "\n"), fontsize=8)
        row[0].set_ylabel(f"{task}, end error (cm)")
    _save(bench, figure, "lesions")


def reaches(bench: Bench, found: dict[str, list[float]], dt_s: float) -> None:
    """Hand paths of one controller, and their speeds from the cue on."""
    target = np.array(found["target"]).reshape(-1, 2)
    path = np.array(found["path"]).reshape(-1, *target.shape)
    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    space, time = figure.subplots(1, 2)
    speed = np.linalg.norm(np.diff(path, axis=0), axis=-1) / dt_s
    for i in range(path.shape[1]):
        (line,) = space.plot(*path[:, i].T, linewidth=1.2)
        space.plot(*target[i], "x", color=line.get_color(), markersize=6)
        time.plot((np.arange(len(speed)) + 0.5) * dt_s, speed[:, i], color=line.get_color(), linewidth=1)
    space.plot(*path[0].T, "k.", markersize=5)
    space.set_aspect("equal")
    space.set_xlabel("x (m)")
    space.set_ylabel("y (m)")
    time.set_xlabel("time from the cue (s)")
    time.set_ylabel("speed of the hand (m/s)")
    _save(bench, figure, "reaches")


def _save(bench: Bench, figure: Figure, name: str) -> None:
    figure.savefig(bench.work.parent.parent / f"bilateral-{name}.png", dpi=110)
