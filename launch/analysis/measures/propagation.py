"""The worm's own experiment on a controller: pulse each neuron, read what every other one does.

After Randi et al., Nature 623 (2023): one neuron is activated, all are watched, and a pair responds or does not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.sparse.csgraph import shortest_path
from scipy.stats import rankdata
from torch import Tensor

from innervate.controllers import Controller
from innervate.controllers.damage import Both
from innervate.controllers.probe import UNTOUCHED, Seen, Touch
from innervate.errors import ConfigError


class Pulse(Touch):
    """Adds to one unit of each row: row k of the batch is an animal of its own, whose unit k is activated."""

    def __init__(self, rows: dict[str, int], amplitude: float, prefix: str = "") -> None:
        self._rows, self._amplitude, self._prefix = rows, amplitude, prefix

    def _added(self, names: Sequence[str], activity: Tensor) -> Tensor:
        added = torch.zeros_like(activity)
        for column, name in enumerate(names):
            if (row := self._rows.get(self._prefix + name)) is not None:
                added[row, column] = self._amplitude
        return activity + added

    def part(self, name: str, activity: Tensor) -> Tensor:
        """Units are numbered."""
        return self._added([f"{name}[{i}]" for i in range(activity.shape[-1])], activity)

    def neurons(self, names: Sequence[str], activity: Tensor) -> Tensor:
        """Neurons have names."""
        return self._added(names, activity)

    def within(self, prefix: str) -> "Pulse":
        """The same rows, names led by `prefix`."""
        return Pulse(self._rows, self._amplitude, self._prefix + prefix)


@dataclass(frozen=True)
class Responses:
    """What every unit does after each was pulsed; the diagonal is the pulse itself."""

    units: tuple[str, ...]
    peak: Float[np.ndarray, "pulsed unit"]
    """Largest departure from the unpulsed animal, with its sign."""
    latency_s: Float[np.ndarray, "pulsed unit"]
    """From the pulse's begin until half of the peak; NaN where there is none."""


@torch.no_grad()
def responses(
    controller: Controller,
    *,
    amplitude: float = 1.0,
    settle_s: float = 2.0,
    pulse_s: float = 0.5,
    watch_s: float = 3.0,
    least: float = 1e-4,
) -> Responses:
    """Pulse every unit of a controller at rest (all senses 0), each in an animal of its own.

    Args:
        controller: any whose `probes` name units.
        amplitude: what is added to the unit's activity, in its own unit.
        settle_s: before the pulse, without looking.
        pulse_s: how long it is added.
        watch_s: how long all are watched, from the pulse's begin on.
        least: departures below it are none.

    Raises:
        ConfigError: no units, or times and amplitude that are not positive.
    """
    if not (amplitude > 0 and settle_s >= 0 and 0 < pulse_s <= watch_s < math.inf):
        raise ConfigError(
            f"A pulse has an amplitude above 0 and a length above 0, within what is watched; amplitude={amplitude}, "
            f"settle_s={settle_s}, pulse_s={pulse_s}, watch_s={watch_s} came."
        )
    spec, step_s = controller.spec, controller.spec.control_step_s
    rest = {c.name: torch.zeros(1, c.size) for c in spec.observations}
    units = _columns(controller.probes(rest, controller.initial_state(1)))[0]
    if len(units) < 2:
        raise ConfigError("A pulse is watched in units with names; this controller has fewer than two.")
    n = len(units)
    # The last row is the animal that is left alone.
    obs = {name: value.expand(n + 1, -1) for name, value in rest.items()}
    state = controller.initial_state(n + 1)
    pulse = Pulse({name: row for row, name in enumerate(units)}, amplitude)
    shown = list[np.ndarray]()
    before, on, after = (round(t / step_s) for t in (settle_s, pulse_s, watch_s))
    for step in range(before + max(after, 1)):
        seen = Seen()
        pulsing = before <= step < before + max(on, 1)
        _, state = controller.run(obs, state, Both(pulse if pulsing else UNTOUCHED, seen))
        if step >= before:
            values = _columns(seen.found)[1].numpy().astype(np.float64)
            shown.append(values[:-1] - values[-1:])
    moved = np.stack(shown)
    at = np.abs(moved).argmax(axis=0)
    peak = np.take_along_axis(moved, at[None], axis=0)[0]
    peak[np.abs(peak) < least] = 0.0
    half = (np.abs(moved) >= 0.5 * np.abs(peak)).argmax(axis=0) * step_s
    return Responses(units, peak, np.where(peak != 0, half, np.nan))


def _columns(found: dict[str, Tensor]) -> tuple[tuple[str, ...], Float[Tensor, "batch unit"]]:
    """Names of all units, and their activity side by side."""
    names, columns = list[str](), list[Tensor]()
    for name, value in found.items():
        if name == "action":
            continue
        names += [name] if value.dim() == 1 else [f"{name}[{i}]" for i in range(value.shape[-1])]
        columns.append(value.unsqueeze(-1) if value.dim() == 1 else value)
    return tuple(names), torch.cat(columns, -1) if columns else torch.zeros(1, 0)


def area_under_curve(scores: Float[np.ndarray, "pair"], positive: Bool[np.ndarray, "pair"]) -> float:
    """Probability that a pair that responds scores above one that does not, ties half (area under the ROC curve)."""
    ones, n = int(positive.sum()), len(positive)
    if not 0 < ones < n:
        return math.nan
    return float((rankdata(scores)[positive].sum() - ones * (ones + 1) / 2) / (ones * (n - ones)))


def nearness(contacts: Float[np.ndarray, "pre post"]) -> Float[np.ndarray, "pre post"]:
    """One over the least number of synapses from one neuron to another; 0 where there is no way."""
    hops = shortest_path(contacts > 0, method="D", unweighted=True)
    with np.errstate(divide="ignore"):
        return np.where(hops > 0, 1 / hops, 0.0)
