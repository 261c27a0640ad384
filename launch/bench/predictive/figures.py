"""Figures of the benchmark, written beside its table."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench.predictive.maze_runs import Life
from innervate.launch.bench.predictive.measures import final

COLOURS = ("tab:grey", "tab:orange", "tab:blue", "tab:green", "tab:purple")
SMOOTH = 15
"""Episodes of a running mean."""


def curves(
    bench: Bench, name: str, panels: Mapping[str, Mapping[str, Sequence[Life]]], *, transfer: bool = False
) -> None:
    """Score over episodes, a panel for each group of agents: mean of the seeds and its 95 % interval."""
    figure = Figure(figsize=(4.2 * len(panels), 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.ravel(figure.subplots(1, len(panels), sharey=True))
    for axis, (title, groups) in zip(axes, panels.items(), strict=True):
        for (label, lives), colour in zip(groups.items(), COLOURS, strict=False):
            _band(axis, np.array([life.transfer if transfer else life.score for life in lives]), label, colour)
        axis.set(title=title, xlabel="episode", ylim=(0, 1.02))
        axis.legend(frameon=False, loc="best")
    figure.axes[0].set_ylabel("share of starts that find the goal")
    figure.savefig(bench.work.parent.parent / name, dpi=110)


def _band(axis: Axes, scores: np.ndarray, label: str, colour: str) -> None:
    smooth = np.array([np.convolve(score, np.full(SMOOTH, 1 / SMOOTH), "valid") for score in scores])
    episodes = np.arange(smooth.shape[1]) + SMOOTH // 2
    mean = smooth.mean(axis=0)
    axis.plot(episodes, mean, color=colour, label=label)
    if len(smooth) > 1:
        error = 1.96 * smooth.std(axis=0, ddof=1) / len(smooth) ** 0.5
        axis.fill_between(episodes, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)


def by_latent(bench: Bench, name: str, sizes: Mapping[int, Mapping[str, Sequence[Life]]]) -> None:
    """Final score over the size of the latent, every seed a point, the mean a line."""
    figure = Figure(figsize=(5, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    axis: Axes = figure.subplots()
    labels = list(next(iter(sizes.values())))
    for shift, label, colour in zip(np.linspace(-0.12, 0.12, len(labels)), labels, COLOURS, strict=False):
        axis.plot(list(sizes), [final(group[label]).mean() for group in sizes.values()], color=colour, label=label)
        for latent, group in sizes.items():
            ends = final(group[label])
            axis.plot(np.full(len(ends), latent + shift), ends, ".", color=colour, alpha=0.4, markersize=5)
    axis.set(xlabel="units of the latent", ylabel="score at the end", ylim=(0, 1.02))
    axis.legend(frameon=False, loc="lower right")
    figure.savefig(bench.work.parent.parent / name, dpi=110)


def t_maze(bench: Bench, name: str, rewards: Mapping[str, np.ndarray], stems: Mapping[str, np.ndarray]) -> None:
    """Greedy reward (seed, episode) over episodes, and the correlation (seed, position) along the stem."""
    figure = Figure(figsize=(8.4, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    for label, colour in zip(rewards, ("tab:orange", "tab:grey"), strict=True):
        left.plot(rewards[label].T, color=colour, alpha=0.15, linewidth=0.8)
        left.plot(np.median(rewards[label], axis=0), color=colour, label=label)
        mean, error = stems[label].mean(axis=0), stems[label].std(axis=0) / len(stems[label]) ** 0.5
        right.errorbar(np.arange(len(mean)), mean, error, color=colour, label=label, capsize=3)
    left.set(xlabel="episode", ylabel="greedy reward in 500 steps", title="every seed, and the median")
    ends = np.arange(stems[next(iter(stems))].shape[1])
    right.set(ylabel="correlation, left against right", title="predictions along the stem")
    right.set_xticks(ends, ["foot", *map(str, ends[1:-1]), "crossing"])
    for axis in (left, right):
        axis.legend(frameon=False, loc="best")
    figure.savefig(bench.work.parent.parent / name, dpi=110)
