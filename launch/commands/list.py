"""Tasks, controllers, learners, presets, benchmarks and all else that has a name."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from innervate.controllers.agent import DESCRIPTION, folder_of, shipped
from innervate.errors import UnknownNameError
from innervate.launch.commands._catalogues import CATALOGUES
from innervate.launch.commands._tables import print_table

SMOKE = (["tasks"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Everything that has a name, with the first line of what it says of itself."""

    kind: Annotated[str, tyro.conf.Positional] = "all"
    """What to list: tasks, controllers, learners, ...; all of it by default."""


def rows_of(kind: str) -> list[tuple[str, str]]:
    """Name and summary of each entry of a catalogue; of an environment its Gymnasium id, too."""
    catalogue = CATALOGUES[kind]
    rows = catalogue.summaries()
    if kind in ("tasks", "mazes"):
        rows = [(name, f"{catalogue[name].id}: {summary}") for name, summary in rows]
    if kind == "tasks":
        rows.append(("any Gymnasium id", "Swimmer-v5, innervate/dm_control.cheetah-run-v0, ..."))
    return rows


def agents() -> list[tuple[str, str]]:
    """Shipped agents, each with its score."""
    rows: list[tuple[str, str]] = []
    for name in shipped():
        told = json.loads((folder_of(name) / DESCRIPTION).read_text(encoding="utf-8"))
        score, untrained = told["score"]["return"], told["score"]["untrained"]
        rows.append((name, f"{told['world']['id']}: return {score:.0f}, untrained {untrained:.0f}; {told['about']}"))
    return rows


def main(argv: Sequence[str]) -> None:
    """Print the tables."""
    kind = tyro.cli(Options, args=list(argv), prog="innervate list").kind
    if kind not in (*CATALOGUES, "agents", "all"):
        raise UnknownNameError("kind of thing", kind, [*CATALOGUES, "agents", "all"])
    if kind in ("all", "agents"):
        print_table("agents: names for evaluate, play, record, plot, report, robustness, export", ("", ""), agents())
    if kind == "agents":
        return
    for name in CATALOGUES if kind == "all" else (kind,):
        print_table(name, ("", ""), rows_of(name))
