"""The manual of a maze, in Gymnasium's form: its tables come from its spaces, its data and its signature."""

import inspect
import typing
from typing import Any

import gymnasium as gym
import numpy as np

from ..prose import arguments_told, inherited_sections, number, table, type_name


def manual_of(maze: Any) -> str:
    """The whole manual of a `MazeEnv`, in Markdown."""
    kind = type(maze)
    told = inherited_sections(kind)
    summary, _, description = told[""].partition("\n\n")
    space: gym.spaces.Box = maze.observation_space
    low, high = (number(float(np.unique(bound).item())) for bound in (space.low, space.high))
    rows = [(f"`{t.name}`", number(t.low), number(t.high), t.meaning) for t in maze.terms]
    parts = {
        "Description": description.strip(),
        "Action Space": _lines(
            f"`Discrete({len(maze.actions)})`: one cell a step.",
            table(("Num", "Action"), list(enumerate(maze.actions))),
            told.get("Action Space", ""),
        ),
        "Observation Space": _lines(
            f"`Box({low}, {high}, {space.shape}, {space.dtype})`.", told.get("Observation Space", ""),
            table(("Value", "Meaning"), maze.values),
        ),
        "Rewards": _lines(
            "The sum of the terms; each is in `info` as `reward/<term>`.",
            table(("Term", "Min", "Max", "Definition"), rows), told.get("Rewards", ""),
        ),
        "Starting State": told.get("Starting State", ""),
        "Episode End": f"### Termination\n{told.get('Termination', 'Never.')}\n\n### Truncation\n{_limit(maze)}",
        "Arguments": _arguments(kind),
    }  # fmt: skip
    return "\n\n".join([summary.strip(), *(f"## {name}\n{text}" for name, text in parts.items() if text)]) + "\n"


def _limit(maze: Any) -> str:
    steps = None if maze.spec is None else gym.spec(maze.spec.id).max_episode_steps
    return "None, unless a time limit is set." if steps is None else f"After {steps} steps."


def _arguments(kind: type) -> str:
    make: Any = vars(kind)["__init__"]
    told, hints = arguments_told(inspect.cleandoc(make.__doc__ or "")), typing.get_type_hints(make)
    rows = [
        (f"`{name}`", f"**{type_name(hints[name])}**", f"`{p.default!r}`", told.get(name, "not described"))
        for name, p in inspect.signature(make).parameters.items()
        if name not in ("self", "render_mode")
    ]
    return table(("Parameter", "Type", "Default", "Description"), rows)


def _lines(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
