"""What is read from the lives of several seeds."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from innervate.launch.bench.predictive.maze_runs import Life
from innervate.launch.run.statistics import mean_interval

PerSeed = Float[np.ndarray, "seed"]
WINDOW = 5
"""Episodes that are averaged where a score is read, as the paper bins them."""
SOLVED = 0.9
DEAD = 0.25
"""A seed that ends below this is called dead: the untrained greedy policy finds about a tenth of all starts."""


def scores_at(lives: Sequence[Life], episode: int, *, transfer: bool = False) -> PerSeed:
    """Score of each seed over the window that ends with `episode` (counted from 0)."""
    curves = [life.transfer if transfer else life.score for life in lives]
    return np.array([curve[max(episode + 1 - WINDOW, 0) : episode + 1].mean() for curve in curves])


def final(lives: Sequence[Life]) -> PerSeed:
    """Score of each seed at its end."""
    return scores_at(lives, min(len(life.score) for life in lives) - 1)


def steps_to_solve(lives: Sequence[Life]) -> PerSeed:
    """Environment steps until a seed's windowed score reaches 0.9; all it had where it never does."""
    steps = list[float]()
    for life in lives:
        smooth = np.convolve(life.score, np.full(WINDOW, 1 / WINDOW), "valid")
        solved = np.flatnonzero(smooth >= SOLVED - 1e-9)
        steps.append(float(life.ended[solved[0] + WINDOW - 1] if len(solved) else life.ended[-1]))
    return np.array(steps)


def episodes_to_solve(lives: Sequence[Life]) -> float:
    """First episode at which the windowed mean curve of all seeds reaches 0.9; all there were where it never does."""
    curve = np.mean([life.score for life in lives], axis=0)
    solved = np.flatnonzero(np.convolve(curve, np.full(WINDOW, 1 / WINDOW), "valid") >= SOLVED)
    return float(solved[0] + WINDOW - 1 if len(solved) else len(curve))


def resampled(
    measure: Callable[..., float], *groups: Sequence[Life], resamples: int = 1000
) -> tuple[float, float]:
    """95 % interval of a measure of whole groups; the same seeds are drawn from each, as they share their mazes."""
    rng = np.random.default_rng(0)
    n = len(groups[0])
    values = [
        measure(*([group[i] for i in picks] for group in groups)) for picks in rng.integers(n, size=(resamples, n))
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def efficiency(ours: Sequence[Life], theirs: Sequence[Life]) -> float:
    """How many times fewer steps `ours` needs on average."""
    return float(steps_to_solve(theirs).mean() / steps_to_solve(ours).mean())


def dead(lives: Sequence[Life]) -> int:
    """Seeds that learned nothing."""
    return int((final(lives) < DEAD).sum())


def silent(lives: Sequence[Life]) -> float:
    """Share of latent units that ReLU leaves at zero everywhere (the paper: their sum over all places below 1e-4)."""
    return float(np.mean([(life.latent.clip(min=0).sum(axis=0) < 1e-4).mean() for life in lives]))


def described(values: PerSeed) -> str:
    """Mean with its 95 % interval, as text."""
    low, high = mean_interval(values)
    return f"{values.mean():.2f} ({low:.2f} to {high:.2f})"
