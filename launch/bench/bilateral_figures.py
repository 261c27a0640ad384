"""Figures of the bilateral benchmark."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.bilateral_models import SIDES, TASKS, Scores

NAME = "bilateral-dissociation.png"
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
    figure.savefig(bench.work.parent.parent / NAME, dpi=110)
