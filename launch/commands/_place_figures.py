"""Figures of place recognition: precision-recall, similarity matrices, matches side by side, place fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.figure import Figure

from innervate.perception.place.measures import PrecisionRecall, margin_confidence
from innervate.perception.place.place_fields import FieldStatistics, RateMaps
from innervate.perception.place.sequences import standardised


@dataclass(frozen=True)
class Comparison:
    """What one recogniser answered."""

    scores: Float[np.ndarray, "query place"]
    curve: PrecisionRecall


def draw(
    folder: Path,
    compared: Mapping[str, Comparison],
    reference: UInt8[np.ndarray, "place height width 3"],
    query: UInt8[np.ndarray, "query height width 3"],
    truth: Bool[np.ndarray, "query place"],
) -> None:
    """Write `precision_recall.png`, `similarity.png` and `matches.png` (of the first recogniser) into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _precision_recall(compared).savefig(folder / "precision_recall.png", dpi=120)
    _similarity(compared).savefig(folder / "similarity.png", dpi=120)
    first = next(iter(compared.values()))
    _matches(first.scores, reference, query, truth).savefig(folder / "matches.png", dpi=120)


def draw_fields(path: Path, maps: RateMaps, found: FieldStatistics, shown: int = 12) -> None:
    """Write rate maps of some units, evenly chosen, and how field sizes and information are spread."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = 4
    chosen = np.unique(np.linspace(0, len(maps.rate) - 1, min(shown, len(maps.rate))).astype(int))
    rows = -(-len(chosen) // columns)
    figure = Figure(figsize=(2 * columns, 2.2 * rows + 2.5), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[2.2 * rows, 2.5])[:, 0]
    for axes in above.subplots(rows, columns, squeeze=False).flat:
        axes.set_axis_off()
    for axes, unit in zip(above.axes, chosen, strict=False):
        axes.imshow(np.where(maps.visited, maps.rate[unit], np.nan).T, origin="lower", vmin=0)
        axes.set_title(f"unit {unit}, {found.information_bits_per_spike[unit]:.1f} bits", fontsize="small")
    left, right = below.subplots(1, 2)
    left.hist(found.field_size, bins=20)
    left.set(xlabel="size of a field (m2)", ylabel="fields")
    right.hist(found.information_bits_per_spike, bins=20)
    right.set(xlabel="information (bits per spike)", ylabel="units")
    figure.savefig(path, dpi=120)


def _precision_recall(compared: Mapping[str, Comparison]) -> Figure:
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    for name, one in compared.items():
        axes.plot(one.curve.recall, one.curve.precision, label=f"{name} ({one.curve.area:.2f})")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(fontsize="small")
    return figure


def _similarity(compared: Mapping[str, Comparison]) -> Figure:
    figure = Figure(figsize=(3 * len(compared), 3), layout="constrained")
    for axes, (name, one) in zip(figure.subplots(1, len(compared), squeeze=False)[0], compared.items(), strict=True):
        axes.imshow(standardised(one.scores), aspect="auto", vmin=-1, vmax=4)
        axes.set(title=name, xlabel="place", ylabel="query")
    return figure


def _matches(
    scores: Float[np.ndarray, "query place"],
    reference: UInt8[np.ndarray, "place height width 3"],
    query: UInt8[np.ndarray, "query height width 3"],
    truth: Bool[np.ndarray, "query place"],
    rows: int = 8,
) -> Figure:
    """Queries beside what they were taken for, evenly from the most to the least confident."""
    order = np.argsort(-margin_confidence(scores), kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(rows, len(order))).astype(int))]
    figure = Figure(figsize=(5, 1.4 * len(chosen)), layout="constrained")
    for axes, k in zip(figure.subplots(len(chosen), 2, squeeze=False), chosen, strict=True):
        found = int(scores[k].argmax())
        axes[0].imshow(query[k])
        axes[0].set_title(f"query {k}", fontsize="small")
        axes[1].imshow(reference[found])
        verdict = "right" if truth[k, found] else "wrong"
        axes[1].set_title(f"place {found}, {verdict}", fontsize="small")
        for one in axes:
            one.set_axis_off()
    return figure
