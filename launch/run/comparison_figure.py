"""Compared groups as a picture: interquartile means with intervals, and performance profiles."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from innervate.launch.run.comparison import Group
from innervate.launch.run.statistics import performance_profile

COLOURS = ("#b5462f", "#2f5d7d", "#2f7d6d", "#c08a2e", "#6d4c8a", "#777777")


def draw_comparison(groups: Sequence[Group], summaries: Sequence[dict[str, Any]]) -> bytes:
    """A PNG."""
    figure = Figure(figsize=(9.5, 1.6 + 0.45 * max(4, len(groups))), dpi=140, layout="constrained")
    panels: Any = figure.subplots(1, 2, width_ratios=(1.1, 1))
    left, right = panels
    for i, (group, s) in enumerate(zip(groups, summaries, strict=True)):
        colour = COLOURS[i % len(COLOURS)]
        low, high = s["interval"]
        left.plot([low, high], [i, i], color=colour, lw=7, alpha=0.35, solid_capstyle="butt")
        left.plot([s["interquartile_mean"]] * 2, [i - 0.28, i + 0.28], color=colour, lw=2)
        left.plot(group.returns.mean(axis=1), np.full(len(group.runs), i), "o", color=colour, ms=3.5, alpha=0.8)
    left.set_yticks(range(len(groups)), [g.name for g in groups], fontsize=8)
    left.set_ylim(len(groups) - 0.5, -0.5)
    left.set_xlabel("return: interquartile mean, 95 % interval; dots: runs", fontsize=8)
    everything = np.concatenate([g.returns.ravel() for g in groups])
    thresholds = np.linspace(min(0.0, float(everything.min())), float(everything.max()) * 1.02 + 1e-9, 200)
    for i, group in enumerate(groups):
        right.plot(thresholds, performance_profile(group.returns, thresholds), color=COLOURS[i % len(COLOURS)], lw=1.6)
    right.set_xlabel("return", fontsize=8)
    right.set_ylabel("share of episodes above", fontsize=8)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.2)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
