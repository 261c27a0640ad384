"""The learning curve of a run as a picture."""

import io
from collections.abc import Mapping

from innervate.files import write_bytes_atomically
from innervate.launch.run.folder import RunFolder


def draw_curve(folder: RunFolder, around: Mapping[str, float] | None = None) -> None:
    """Write `learning_curve.png` from progress.jsonl: training return and deterministic evaluations.

    `around`: returns by name to see it beside, as lines across.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    records, config = folder.progress(), folder.config()
    figure = Figure(figsize=(7.2, 4.0), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, label, colour, style in (
        ("rollout/return", "training episodes", "#9bb7c9", "-"),
        ("rollout/return_best", "best of each generation", "#c9d8e2", "-"),
        ("eval/return", "evaluation, deterministic", "#b5462f", "o-"),
    ):
        points = [(r["steps"], r[name]) for r in records if name in r]
        if points:
            axes.plot(*zip(*points, strict=True), style, color=colour, label=label, markersize=4, linewidth=1.6)
    sd = [(r["steps"], r["eval/return"], r["eval/return_sd"]) for r in records if "eval/return_sd" in r]
    if sd:
        x, mean, spread = (list(column) for column in zip(*sd, strict=True))
        low, high = ([m + k * s for m, s in zip(mean, spread, strict=True)] for k in (-1, 1))
        axes.fill_between(x, low, high, color="#b5462f", alpha=0.15, linewidth=0)
    for (name, value), style in zip((around or {}).items(), ("--", ":", "-"), strict=False):
        axes.axhline(value, color="#777777", linestyle=style, linewidth=0.9, label=f"{name}: {value:.4g}")
    axes.set_xlabel("environment steps")
    axes.set_ylabel("episode return")
    axes.set_title(f"{folder.path.name}: {config.world.id}, seed {config.seed}", loc="left", fontsize=10)
    axes.xaxis.set_major_formatter(lambda v, _: f"{v / 1000:g} k" if v else "0")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, loc="center right", fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    write_bytes_atomically(folder.path / "learning_curve.png", buffer.getvalue())
