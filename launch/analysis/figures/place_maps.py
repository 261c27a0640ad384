"""Place maps: where in its world the body is when a unit is active."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from innervate.launch.analysis.measures.place_maps import explained_by_place, place_maps
from innervate.launch.analysis.recordings.recording import Recording

TITLE = "Place maps"
NEEDS = ("places",)
COLUMNS = 8
MOST = 64
"""Units drawn, those that place explains best."""


def draw(recording: Recording) -> Figure:
    """A map for each unit, those that place explains best first."""
    assert recording.places is not None
    activity, position, units = recording.places.activity, recording.places.position, recording.places.units
    explained = explained_by_place(activity, position)
    shown = np.argsort(-explained)[:MOST]
    activity, explained = activity[:, shown], explained[shown]
    maps = place_maps(activity, position)
    rows = -(-len(maps) // COLUMNS)
    figure = Figure(figsize=(1.35 * min(COLUMNS, len(maps)), 1.6 * rows + 0.3), dpi=140, layout="constrained")
    panels: Any = np.ravel(figure.subplots(rows, min(COLUMNS, len(maps)), squeeze=False))
    for panel in panels[len(maps) :]:
        panel.set_axis_off()
    for panel, unit in zip(panels, range(len(maps)), strict=False):
        panel.set(xticks=[], yticks=[], facecolor="#e8e8e8")
        panel.imshow(maps[unit], origin="lower", interpolation="nearest", cmap="viridis")
        panel.set_title(f"{units[shown[unit]]}: {explained[unit]:.0%}", fontsize=7)
    title = "where each unit is active, grey: never visited; share of its variance that place explains"
    figure.suptitle(title, fontsize=8)
    return figure
