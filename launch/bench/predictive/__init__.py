"""Agents that predict, beside agents that do not.

`rooms`, `controls`, `t_maze`, `representation` and `cost` measure the paper (Fang and Stachenfeld 2024) on its own
tasks, `embodied` what prediction is worth to stable-baselines3's algorithms on bodies; each is a generator of rows and
is named in `PARTS`. What takes hours is a benchmark of its own, `predictive-full-size`.
"""

import importlib
from collections.abc import Iterable

from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.rows import Row

PARTS = (
    "rooms:bottleneck",
    "controls:control",
    "controls:tuned",
    "controls:greedy",
    "rooms:default",
    "rooms:sweep",
    "rooms:comfortable",
    "rooms:goals",
    "rooms:worth",
    "rooms:transitions",
    "representation:geometry",
    "representation:foresight",
    "representation:track",
    "t_maze:rows",
    "cost:rows",
    "embodied:rows",
)
"""`module:generator`, in the order of the table."""


def run(bench: Bench) -> Iterable[Row]:
    """All parts."""
    for part in PARTS:
        module, _, rows = part.partition(":")
        yield from getattr(importlib.import_module(f"{__name__}.{module}"), rows)(bench)
