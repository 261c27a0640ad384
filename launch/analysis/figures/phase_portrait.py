"""The body's motion in the plane of its two main postures."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from innervate.launch.analysis.recordings.recording import Recording

TITLE = "Phase portrait"
NEEDS = ("activity",)


def draw(recording: Recording) -> Figure:
    """The body's motion in the plane of its two main postures (principal components of the joints' angles).

    Without joints: of the neurons' activity. A closed orbit is a steady gait; the way onto it, how fast it is found.
    """
    motion = recording.activity if recording.joint_angle is None else recording.joint_angle
    centred = motion - motion[len(motion) // 2 :].mean(axis=0)
    _, spread, axes_ = np.linalg.svd(centred[len(motion) // 2 :], full_matrices=False)
    plane = centred @ axes_[:2].T if len(axes_) > 1 else np.stack([centred[:, 0], np.gradient(centred[:, 0])], 1)
    explained = float(np.square(spread[:2]).sum() / max(1e-12, np.square(spread).sum()))
    figure = Figure(figsize=(5, 4.6), dpi=140, layout="constrained")
    axes: Any = figure.add_subplot()
    seconds = np.arange(len(plane)) * recording.control_step_s
    axes.plot(*plane.T, color="#cccccc", lw=0.6, zorder=1)
    dots = axes.scatter(*plane.T, c=seconds, s=5, cmap="viridis", zorder=2)
    axes.plot(*plane[0], "o", color="#b5462f", ms=7, zorder=3)
    axes.annotate("start", plane[0], xytext=(6, 6), textcoords="offset points", color="#b5462f", fontsize=8)
    figure.colorbar(dots, ax=axes, label="time, s")
    what = "neurons" if recording.joint_angle is None else "postures"
    axes.set_title(f"two main {what}: {explained:.0%} of the motion", loc="left", fontsize=9)
    axes.set_xlabel("first component")
    axes.set_ylabel("second component")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
