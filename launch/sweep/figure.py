"""A sweep as a picture: held-out returns by point, learning curves with bands."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from innervate.launch.run.comparison_figure import COLOURS
from innervate.launch.run.folder import RunFolder
from innervate.launch.sweep.results import PointResult

CURVES = len(COLOURS)
"""Points that get a learning curve: the best ones."""


def draw_sweep(folder: Path, results: Sequence[PointResult]) -> bytes:
    """A PNG: on the left every point with its seeds, on the right how the best ones learned."""
    figure = Figure(figsize=(10, 1.8 + 0.32 * max(7, len(results))), dpi=140, layout="constrained")
    panels: Any = figure.subplots(1, 2, width_ratios=(1, 1.15))
    left, right = panels
    for i, result in enumerate(results):
        colour = COLOURS[i] if i < CURVES else "#999999"
        if result.interval is not None:
            left.plot(result.interval, [i, i], color=colour, lw=6, alpha=0.3, solid_capstyle="butt")
        if result.mean is not None:
            left.plot([result.mean] * 2, [i - 0.3, i + 0.3], color=colour, lw=2)
        left.plot(result.returns, np.full(len(result.returns), i), "o", color=colour, ms=3.5, alpha=0.85)
    left.set_yticks(range(len(results)), [r.name for r in results], fontsize=7)
    left.set_ylim(len(results) - 0.5, -0.5)
    left.set_xlabel("held-out return: interquartile mean, 95 % interval; dots: seeds", fontsize=8)
    scores = [x for r in results for x in r.returns]
    if scores:  # an interval of two seeds is wide; the axis follows the seeds
        margin = 0.6 * (max(scores) - min(scores)) + 1e-6
        left.set_xlim(min(scores) - margin, max(scores) + margin)
    for colour, result in zip(COLOURS, results, strict=False):
        curves = [c for run in result.runs if len(c := _curve(folder / run)) > 1]
        if not curves:
            continue
        steps = np.unique(np.concatenate([c[:, 0] for c in curves]))
        steps = steps[(steps >= max(c[0, 0] for c in curves)) & (steps <= min(c[-1, 0] for c in curves))]
        values = np.stack([np.interp(steps, c[:, 0], c[:, 1]) for c in curves])
        right.plot(steps, values.mean(axis=0), color=colour, lw=1.6, label=result.name)
        right.fill_between(steps, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.15, lw=0)
    right.set_xlabel("environment steps", fontsize=8)
    right.set_ylabel("evaluation during training: mean, lowest and highest seed", fontsize=8)
    right.xaxis.set_major_formatter(_thousands)
    if right.get_legend_handles_labels()[0]:
        right.legend(frameon=False, fontsize=7)
    else:
        right.text(0.5, 0.5, "fewer than two evaluations: no curve", transform=right.transAxes, ha="center", fontsize=8)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=7)
        axes.grid(alpha=0.2)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _thousands(value: float, _position: int) -> str:
    return f"{value / 1000:g} k" if value else "0"


def _curve(path: Path) -> np.ndarray:
    """(evaluation, 2): steps and return."""
    records = RunFolder.open(path).progress() if path.is_dir() else []
    points = [(r["steps"], r["eval/return"]) for r in records if "eval/return" in r]
    return np.array(points, dtype=float).reshape(-1, 2)
