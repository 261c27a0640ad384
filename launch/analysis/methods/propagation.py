"""Signal propagation: each neuron of a circuit is pulsed, all are watched; beside the worm's atlas if it is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from innervate.controllers import Controller
from innervate.errors import ConfigError
from innervate.launch.analysis.measures.propagation import Responses, area_under_curve, nearness, responses
from innervate.launch.analysis.recordings.propagation_atlas import Atlas, read_atlas
from innervate.launch.analysis.recordings.traces import Traces

TITLE = "Signal propagation"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Of the pulse, and of the worm that it is held against."""

    amplitude: float = 1.0
    """Added to the activity of the pulsed neuron."""
    pulse_s: float = 0.5
    """For how long."""
    watch_s: float = 3.0
    """How long all are watched, from the pulse's begin on."""
    atlas: str = ""
    """`worm` for that of the installed package wormneuroatlas, or the path of its funatlas.h5; none unless given."""


@dataclass(frozen=True)
class Propagation:
    """Responses of a circuit, and how well they tell the worm's."""

    origin: str
    found: Responses
    compared: "Compared | None" = None

    def told(self) -> list[tuple[str, str]]:
        """How many respond, how fast, and the worm's verdict."""
        off = ~np.eye(len(self.found.units), dtype=bool)
        moved = off & (self.found.peak != 0)
        late, up = self.found.latency_s[moved], (self.found.peak[moved] > 0).mean() if moved.any() else 0.0
        lines = [
            ("pulsed neurons", f"{len(self.found.units)}"),
            ("pairs that respond", f"{moved.sum() / max(off.sum(), 1):.1%}, {up:.0%} of them upwards"),
            ("half of the response after, median", f"{np.median(late):.2f} s" if len(late) else "none"),
        ]
        return lines if self.compared is None else [*lines, *self.compared.told()]

    def draw(self) -> Figure:
        """Who answers whom: the circuit's matrix, and the worm's beside it."""
        worm = self.compared
        figure = Figure(figsize=(5.2 if worm is None else 10.4, 5.0), dpi=140, layout="constrained")
        panels = np.atleast_1d(figure.subplots(1, 1 if worm is None else 2))
        shown, names = self.found.peak.copy(), self.found.units
        np.fill_diagonal(shown, 0.0)
        pictures = [(self.origin, shown, names)]
        if worm is not None:
            at = [names.index(n) for n in worm.neurons]
            pictures = [(self.origin, shown[np.ix_(at, at)], worm.neurons)]
            pictures += [("worm, dF/F", worm.amplitude, worm.neurons)]
        for panel, (title, matrix, labels) in zip(panels, pictures, strict=True):
            top = np.nanquantile(np.abs(matrix), 0.98) or 1.0
            panel.set_facecolor("0.8")
            panel.imshow(matrix, cmap="RdBu_r", vmin=-top, vmax=top, interpolation="nearest")
            panel.set_title(title, fontsize=8)
            panel.set_xlabel("watched", fontsize=8)
            panel.set_ylabel("pulsed", fontsize=8)
            few = np.linspace(0, len(labels) - 1, min(len(labels), 24)).astype(int)
            panel.set_xticks(few, [labels[i] for i in few], rotation=90, fontsize=5)
            panel.set_yticks(few, [labels[i] for i in few], fontsize=5)
        return figure

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Peaks, latencies and names."""
        return {
            "units": np.array(self.found.units), "peak": self.found.peak, "latency_s": self.found.latency_s,
        }  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """The pairs of neurons that circuit and worm have in common, and were observed in the worm."""

    neurons: tuple[str, ...]
    amplitude: Float[np.ndarray, "stimulated neuron"]
    responds: np.ndarray
    """Of each pair: whether the worm's neuron does."""
    pulsed: np.ndarray
    """Of each pair: the number of who was stimulated."""
    scores: Mapping[str, np.ndarray]
    """Of each pair: how strongly circuit, contacts and nearness say that it does."""

    def told(self) -> list[tuple[str, str]]:
        """Areas under the curve."""
        areas = {name: area_under_curve(score, self.responds) for name, score in self.scores.items()}
        return [
            ("pairs observed in the worm", f"{len(self.responds)}, of which {int(self.responds.sum())} respond"),
            *[(f"area under the curve, {name}", f"{area:.3f} (chance 0.5)") for name, area in areas.items()],
        ]


def compared(found: Responses, contacts: Float[np.ndarray, "pre post"] | None, atlas: Atlas) -> Compared:
    """Circuit and anatomy against the worm, on the neurons that both have.

    Args:
        found: of the circuit.
        contacts: numbers of synapses and junctions between its units, from rows to columns; None where there are none.
        atlas: of the worm.

    Raises:
        ConfigError: fewer than two neurons in common, or pairs that all respond or all do not.
    """
    shared = tuple(name for name in found.units if name in atlas.neurons)
    if len(shared) < 2:
        raise ConfigError(
            f"Circuit and worm share {len(shared)} neurons; the atlas knows cells by their names, as AVAL. A circuit "
            "of a connectome has them (--wiring.circuit worm)."
        )
    ours, theirs = [found.units.index(n) for n in shared], [atlas.neurons.index(n) for n in shared]
    responds, silent = (m[np.ix_(theirs, theirs)] for m in (atlas.responds, atlas.silent))
    pairs = np.nonzero(responds | silent)
    scores = {"circuit": np.abs(found.peak)[np.ix_(ours, ours)][pairs]}
    if contacts is not None:
        scores["contacts"] = contacts[np.ix_(ours, ours)][pairs]
        scores["nearness"] = nearness(contacts)[np.ix_(ours, ours)][pairs]
    verdict = responds[pairs]
    if not 0 < verdict.sum() < len(verdict):
        raise ConfigError(f"Of {len(verdict)} observed pairs {int(verdict.sum())} respond; both kinds are needed.")
    return Compared(shared, atlas.amplitude[np.ix_(theirs, theirs)], verdict, pairs[0], scores)


def analyse(traces: list[Traces], config: Config) -> Propagation:
    """Pulse the circuit that made the recordings.

    Raises:
        ConfigError: a recording without its circuit, or recordings of several circuits.
    """
    one = traces[0]
    if any(other.controller is not one.controller for other in traces):
        raise ConfigError("Propagation pulses one circuit at a time; these recordings are of several. Name one run.")
    if one.controller is None:
        raise ConfigError(
            f"Propagation pulses a circuit, and {one.origin or 'this recording'} is a table; give a run folder or a "
            "shipped agent."
        )
    found = responses(one.controller, amplitude=config.amplitude, pulse_s=config.pulse_s, watch_s=config.watch_s)
    if not config.atlas:
        return Propagation(one.origin, found)
    atlas = read_atlas(None if config.atlas == "worm" else Path(config.atlas))
    return Propagation(one.origin, found, compared(found, contacts_of(one.controller, found.units), atlas))


def contacts_of(controller: Controller, units: Sequence[str]) -> Float[np.ndarray, "pre post"] | None:
    """Sizes of the synapses of a circuit as it is wired, summed over each pair; None where nothing is wired."""
    wired = controller.wiring()
    if wired is None:
        return None
    place, contacts = {name: i for i, name in enumerate(units)}, np.zeros((len(units), len(units)))
    for synapse in wired[0].synapses:
        if synapse.pre in place and synapse.post in place:
            pre, post = place[synapse.pre], place[synapse.post]
            contacts[pre, post] += abs(synapse.weight)
            if synapse.kind == "gap":
                contacts[post, pre] += abs(synapse.weight)
    return contacts
