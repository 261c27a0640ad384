"""Agents that predict, beside agents that do not.

`rooms`, `controls`, `t_maze`, `representation` and `cost` measure the paper (Fang and Stachenfeld 2024) on its own
tasks, `embodied` what prediction is worth to stable-baselines3's algorithms on bodies; each is a generator of rows and
is named in `PARTS`. What takes hours is a benchmark of its own, `predictive-full-size`.
"""

import importlib

from innervate.launch.bench._kit.benchmark import Part

_WHERE = (
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


def _part(where: str) -> Part:
    module, _, rows = where.partition(":")
    return lambda bench: getattr(importlib.import_module(f"{__name__}.{module}"), rows)(bench)


PARTS: dict[str, Part] = {where.replace(":", " "): _part(where) for where in _WHERE}
PEERS = ("stable-baselines3", "sb3-contrib")
