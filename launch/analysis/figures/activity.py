"""Activity and body side by side: raster and kymograph."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from innervate.launch.analysis.recordings.recording import Recording

TITLE = "Activity and body"
NEEDS = ("activity",)
SHOWN_S = 9.0
"""Seconds shown: a few strokes, readable in print."""


def draw(recording: Recording) -> Figure:
    """Neurons, the body's curvature and the reward over the same time."""
    steps = min(len(recording.reward), round(SHOWN_S / recording.control_step_s))
    rows = len(recording.neurons)
    has_body = recording.joint_angle is not None
    figure = Figure(figsize=(9, 2.6 + min(6.0, 0.14 * rows) + 1.8 * has_body), dpi=140, layout="constrained")
    heights = [max(1.5, min(6.0, 0.14 * rows)), *([1.6] if has_body else []), 0.8]
    panels: Any = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    end = steps * recording.control_step_s
    shown = recording.activity[:steps].T
    top = max(1e-9, float(np.abs(shown).max()))
    signed = bool((shown < 0).any())
    image = panels[0].imshow(
        shown, aspect="auto", interpolation="nearest", extent=(0, end, rows, 0),
        cmap="RdBu_r" if signed else "Greys", vmin=-top if signed else 0.0, vmax=top,
    )  # fmt: skip
    figure.colorbar(image, ax=panels[0], label="activity", fraction=0.03, pad=0.01)
    size = 6 if rows <= 45 else 3.6
    panels[0].set_yticks(np.arange(rows) + 0.5, recording.neurons, fontsize=size)
    panels[0].tick_params(axis="y", length=0)
    if recording.joint_angle is not None:
        angle = recording.joint_angle[:steps].T
        bend = panels[1].imshow(
            angle, aspect="auto", interpolation="nearest", extent=(0, end, len(angle), 0), cmap="PuOr", vmin=-1, vmax=1
        )
        figure.colorbar(bend, ax=panels[1], label="bend / limit", fraction=0.03, pad=0.01)
        panels[1].set_yticks([0.5, len(angle) - 0.5], ["head", "tail"], fontsize=8)
    seconds = (np.arange(steps) + 1) * recording.control_step_s
    panels[-1].plot(seconds, recording.reward[:steps], color="#b5462f", lw=1.2)
    panels[-1].set_ylabel("reward", fontsize=8)
    panels[-1].set_xlabel("time, s")
    panels[-1].spines[["top", "right"]].set_visible(False)
    return figure
