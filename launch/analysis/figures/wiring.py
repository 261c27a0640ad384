"""A circuit as a picture: head to the left, dorsal above."""

import math
from collections import defaultdict
from typing import Any

from matplotlib.figure import Figure

from innervate.controllers.circuits.wiring import Circuit
from innervate.launch.analysis.recordings.recording import Recording

TITLE = "Wiring"
NEEDS = ("wiring",)
EXCITES, INHIBITS, GAP = "#2f7d6d", "#b5462f", "#8a8a8a"
MANY = 250
"""Synapses above which lines become faint and thin."""


def draw(recording: Recording) -> Figure:
    """The wiring of the circuit that was recorded, with its present weights."""
    assert recording.wiring is not None
    return draw_wiring(*recording.wiring)


def draw_wiring(circuit: Circuit, strength: dict[tuple[str, str, str], float] | None = None) -> Figure:
    """Neurons where they lie, synapses as arrows: green excites, red inhibits, grey is a gap junction.

    `strength` gives present weights by (pre, post, kind); by default those that the circuit began with.
    """
    place = _layout(circuit)
    busy = len(circuit.synapses) > MANY
    figure = Figure(figsize=(10, 5.4), dpi=140, layout="constrained")
    axes: Any = figure.add_subplot()
    weights = {(s.pre, s.post, s.kind): s.weight for s in circuit.synapses} | (strength or {})
    largest = max((abs(w) for w in weights.values() if math.isfinite(w) and abs(w) < 100), default=1.0)
    for s in circuit.synapses:
        weight = weights[s.pre, s.post, s.kind]
        (x0, y0), (x1, y1) = place[s.pre], place[s.post]
        share = min(1.0, abs(weight) / largest)
        axes.annotate(
            "", (x1, y1), (x0, y0),
            arrowprops={
                "arrowstyle": "-" if s.kind == "gap" else "-|>" if weight > 0 else "|-|,widthA=0,widthB=0.25",
                "color": GAP if s.kind == "gap" else EXCITES if weight > 0 else INHIBITS,
                "alpha": (0.05 + 0.45 * share) if busy else 0.35 + 0.5 * share,
                "linewidth": (0.3 if busy else 0.6) + (1.0 if busy else 1.6) * share,
                "shrinkA": 6, "shrinkB": 7, "connectionstyle": "arc3,rad=0.12",
            },
        )  # fmt: skip
    shade = {"plateau": "#f3d9a4", "clock": "#f3d9a4", "leaky": "#d7e3f4", "spiking": "#e8d4ef", "graded": "#f4f4f4"}
    driven = {m.neuron for m in circuit.motors}
    for n in circuit.neurons:
        x, y = place[n.name]
        axes.scatter([x], [y], s=70 if busy else 260, color="#e9c7c0" if n.name in driven else shade[n.dynamics],
                     edgecolors="#555", linewidths=0.6, zorder=3)  # fmt: skip
        axes.text(x, y, n.name, ha="center", va="center", fontsize=3.6 if busy else 6.5, zorder=4)
    axes.text(0.0, 1.0, "dorsal", transform=axes.transAxes, fontsize=8, color="#777", va="top")
    axes.text(0.0, 0.0, "ventral", transform=axes.transAxes, fontsize=8, color="#777")
    axes.text(1.0, 0.5, "tail", transform=axes.transAxes, fontsize=8, color="#777", ha="right")
    axes.set_title(f"{len(circuit.neurons)} neurons, {len(circuit.synapses)} synapses; green excites, red inhibits, "
                   "grey: gap junctions", loc="left", fontsize=9)  # fmt: skip
    axes.margins(0.05, 0.08)
    axes.axis("off")
    return figure


def _layout(circuit: Circuit) -> dict[str, tuple[float, float]]:
    """Positions as the circuit says; neurons without one stand in their layer; those that share a place are spread."""
    place = dict[str, tuple[float, float]]()
    for i, layer in enumerate(circuit.order):
        for k, name in enumerate(layer):
            own = circuit.neuron(name).position
            place[name] = own or (i / max(1, len(circuit.order) - 1), 1 - 2 * (k + 0.5) / len(layer))
    crowds = defaultdict[tuple[float, float], list[str]](list)
    for name, (x, y) in place.items():
        crowds[round(x, 2), round(y, 2)].append(name)
    for (x, y), names in crowds.items():
        for k, name in enumerate(names):
            place[name] = (x + 0.012 * (k - (len(names) - 1) / 2), y + 0.07 * ((k % 3) - 1) * (len(names) > 1))
    return place
