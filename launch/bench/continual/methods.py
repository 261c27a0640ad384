"""Who is compared on five tasks in a row, and at which settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from innervate.agents.continual.classp import CLASSPConfig
from innervate.agents.continual.ewc import EWCConfig
from innervate.agents.continual.gpm import GPMConfig
from innervate.agents.continual.hlop import HLOPConfig
from innervate.agents.continual.plain import PlainConfig
from innervate.agents.continual.replay import ReplayConfig
from innervate.agents.keeper import KeeperConfig
from innervate.launch.bench.continual.sequence import apart, in_a_row, together

Whole = Callable[[float, int, int], dict[str, Any]]
"""Not in a row: of a rate, batches a task and a seed."""
HLOP = HLOPConfig(first=0.6, then=0.08, most=0.95)
RATES, OWN_RATES = (0.01, 0.03, 0.1), (0.1, 0.3, 1.0)
"""Swept by all; the second by the methods that are optimisers without momentum, whose steps are ten times smaller."""
STRENGTHS, THRESHOLDS = (30.0, 300.0, 3000.0), (0.5, 1e-2, 1e-4)
"""EWC's lambda; CLASSP's threshold, the first its paper's."""


@dataclass(frozen=True)
class Method:
    """A contestant: one or several settings, of which each is run at each rate."""

    name: str
    settings: Mapping[str, KeeperConfig | Whole]
    rates: tuple[float, ...] = RATES


def methods() -> list[Method]:
    """Null, methods, peers and ceilings."""
    return [
        Method("null: plain", {"": PlainConfig()}),
        Method("EWC", {f"lambda {x:g}": EWCConfig(strength=x) for x in STRENGTHS}),
        Method("HLOP, QR after each task", {"": HLOP}),
        Method("HLOP, QR, rows learnt after each task", {"": replace(HLOP, when="after")}),
        Method("HLOP as released, no QR", {"": replace(HLOP, orthonormalise=False)}),
        Method("GPM, as many rows as HLOP", {"": GPMConfig(shares=(HLOP.first, HLOP.then), most=HLOP.most)}),
        Method("GPM, 99.9 % of the energy", {"": GPMConfig()}),
        Method(
            "CLASSP, the text's rule", {f"threshold {x:g}": CLASSPConfig(threshold=x) for x in THRESHOLDS}, OWN_RATES
        ),
        Method("CLASSP, the released rule", {"": CLASSPConfig(rule="released")}, OWN_RATES),
        Method("peer: replay of 100 samples a task", {"": ReplayConfig(samples=100)}),
        Method("ceiling: joint", {"": together}),
        Method("ceiling: separate nets", {"": apart}),
    ]


def measured(name: str, setting: str, rate: float, batches: int, seed: int) -> dict[str, Any]:
    """One run of one method."""
    what = next(m for m in methods() if m.name == name).settings[setting]
    if isinstance(what, KeeperConfig):
        return in_a_row(what, rate, batches, seed)
    return what(rate, batches, seed)
