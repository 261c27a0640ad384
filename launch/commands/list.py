"""`innervate list`: everything that has a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from innervate.agents.registry import LEARNERS
from innervate.controllers import CONTROLLERS
from innervate.envs.registry import MAZES, TASKS
from innervate.launch.bench.benchmark import BENCHMARKS, summary_of
from innervate.launch.commands.tables import print_table
from innervate.launch.presets import PRESETS

Kind = Literal["all", "tasks", "mazes", "controllers", "learners", "presets", "benchmarks"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Tasks, mazes, controllers, learners, presets and benchmarks by name."""

    kind: Annotated[Kind, tyro.conf.Positional] = "all"
    """What to list."""


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0] if text else ""


def main(argv: Sequence[str]) -> None:
    """Print the tables."""
    kind = tyro.cli(Options, args=list(argv), prog="innervate list").kind
    tables = {
        "tasks": [(name, f"{entry.id}: {entry.summary}") for name, entry in TASKS.items()]
        + [("any Gymnasium id", "Swimmer-v5, innervate/dm_control.cheetah-run-v0, ... (continuous actions)")],
        "mazes": [(id_, maze.summary) for id_, maze in MAZES.items()],
        "controllers": [(name, _first_line(config.__doc__)) for name, config in CONTROLLERS.items()],
        "learners": [(name, _first_line(config.__doc__)) for name, config in LEARNERS.items()],
        "presets": [(name, preset.about) for name, preset in PRESETS.items()],
        "benchmarks": [(name, summary_of(name)) for name in BENCHMARKS],
    }
    for name, rows in tables.items():
        if kind in ("all", name):
            print_table(name, ("", ""), rows)
