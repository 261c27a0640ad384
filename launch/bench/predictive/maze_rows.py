"""Rows from the lives of several seeds in a maze."""

from collections.abc import Sequence
from dataclasses import replace

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.predictive.maze_runs import Case, Life, life
from innervate.launch.bench.predictive.measures import (
    PerSeed,
    dead,
    described,
    efficiency,
    final,
    resampled,
    silent,
    steps_to_solve,
)
from innervate.launch.run.statistics import mean_interval


def lives(bench: Bench, case: Case, seeds: int, *, first: int = 0) -> list[Life]:
    """All seeds of a case from `first` on; a quick bench takes two, and a quarter of the episodes."""
    if bench.quick:
        case, seeds = replace(case, agent=replace(case.agent, episodes=case.agent.episodes // 4)), 2
    seeds = bench.seeds or seeds
    agent = case.agent
    bench.say(f"{seeds} seeds of {agent.weights} on a latent of {agent.nets.latent}, rate {agent.learning_rate:g}")
    return [life(bench, case, seed) for seed in range(first, first + seeds)]


def score_after(found: Sequence[Life]) -> str:
    """Name of the score that is read at the end."""
    return f"score after {len(found[0].score) - 1} episodes"


def row_of(
    row: str, values: PerSeed, bench: Bench, peer: str, reach: str = "", holds: bool | None = None, unit: str = ""
) -> Row:
    """A row of means over seeds; a quick bench has too few of them to judge."""
    return Row(
        row=row, value=float(values.mean()), unit=unit, interval=mean_interval(values), n=len(values), peer=peer,
        reach=reach, holds=None if bench.quick or holds is None else bool(holds),
    )  # fmt: skip


def health(group: Sequence[Life]) -> str:
    """Dead seeds and silent units, as text."""
    return f"{dead(group)} of {len(group)} seeds dead, {silent(group):.0%} of units silent"


def efficiency_row(
    bench: Bench, row: str, ours: list[Life], without: list[Life], bar: float | None = None
) -> Row:  # fmt: skip
    """How many times fewer steps `ours` needs; judged only where there is a bar."""
    value = efficiency(ours, without)
    return Row(
        row=f"{row}: steps to 0.9 without prediction over those with it", value=value, unit="times",
        interval=resampled(efficiency, ours, without), n=len(ours),
        peer=f"{steps_to_solve(ours).mean():.0f} steps, without {steps_to_solve(without).mean():.0f}; final score "
        f"{described(final(ours))}, without {described(final(without))}",
        reach="" if bar is None else f"at least {bar}",
        holds=None if bench.quick or bar is None else value >= bar,
    )  # fmt: skip
