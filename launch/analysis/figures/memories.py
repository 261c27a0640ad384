"""Memories: what each calls up for the cues of the episode, and how sure it is."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from innervate.controllers.memories import Holding
from innervate.launch.analysis.recordings.recording import Recording

TITLE = "What is remembered"
NEEDS = ("memories",)
MOST = 4
"""Memories drawn, the first ones."""
FEW = 4
"""Numbers of a content up to which they are written out."""


def draw(recording: Recording) -> Figure:
    """A row of panels a memory: the cues that were met, what each calls up, and its familiarity."""
    assert recording.memories is not None
    shown = list(recording.memories.items())[:MOST]
    heights = [0.9 + 0.11 * max(6, len(holding.asked)) for _, holding in shown]
    figure = Figure(figsize=(9, 0.5 + sum(heights)), dpi=140, layout="constrained")
    grid: Any = figure.subplots(len(shown), 3, squeeze=False, width_ratios=[1.6, 1.6, 0.8], height_ratios=heights)
    for panels, (name, holding) in zip(grid, shown, strict=True):
        _memory(figure, panels, name, holding)
    when = "by the end of an episode" if recording.lived_s is None else f"after {recording.lived_s:.0f} s of life"
    figure.suptitle(f"what is remembered {when}; a line for each cue that was met, in their order", fontsize=8)
    return figure


def _memory(figure: Figure, panels: Any, name: str, holding: Holding) -> None:
    lines = len(holding.asked)
    for panel, values, channel in ((panels[0], holding.asked, holding.cue), (panels[1], holding.answered,
                                                                             holding.content)):  # fmt: skip
        signed = bool((values < 0).any())
        top = max(1e-9, float(np.abs(values).max(initial=0)))
        image = panel.imshow(
            values, aspect="auto", interpolation="nearest", extent=(-0.5, values.shape[1] - 0.5, lines, 0),
            cmap="RdBu_r" if signed else "Greys", vmin=-top if signed else 0.0, vmax=top,
        )  # fmt: skip
        figure.colorbar(image, ax=panel, fraction=0.05, pad=0.02).ax.tick_params(labelsize=6)
        unit = f", {channel.unit}" if channel.unit not in ("", "1") else ""
        panel.set_xlabel(f"{channel.name}{unit}", fontsize=7)
        panel.tick_params(labelsize=6)
        if values.shape[1] <= FEW:
            panel.set_xticks(range(values.shape[1]))
            for (line, column), value in np.ndenumerate(values) if lines <= 15 else ():
                dark = abs(value) > 0.6 * top
                panel.text(column, line + 0.5, f"{value:.2f}", ha="center", va="center", fontsize=6,
                           color="white" if dark else "black")  # fmt: skip
    panels[0].set_ylabel("cue", fontsize=7)
    of = "" if holding.capacity is None else f" of {holding.capacity}"
    panels[0].set_title(f"{name}: {holding.held}{of} {holding.unit} held, {holding.lost} lost", loc="left", fontsize=8)
    panels[1].set_title("what it calls up", loc="left", fontsize=8)
    panels[2].barh(np.arange(lines) + 0.5, holding.familiarity, height=0.8, color="#2b5c8a")
    panels[2].set(xlim=(0, 1), ylim=(lines, 0), yticks=[])
    panels[2].set_xlabel("familiarity", fontsize=7)
    panels[2].tick_params(labelsize=6)
    panels[2].spines[["top", "right"]].set_visible(False)
