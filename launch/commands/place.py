"""`innervate place`: folders of images in, places out."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from innervate.envs.weather import Light, Season
from innervate.errors import ConfigError
from innervate.launch.bench.place_arena import Explored, figures
from innervate.launch.commands.place_figures import Comparison, draw, draw_fields
from innervate.launch.commands.tables import print_table
from innervate.launch.run.files import write_text_atomically
from innervate.perception.place.baselines import Chance, HogCosine, SumOfAbsoluteDifferences
from innervate.perception.place.images import ImageFolder, load_images
from innervate.perception.place.measures import (
    diagonal_truth,
    margin_confidence,
    precision_recall,
    recall_at,
    truth_from_indices,
)
from innervate.perception.place.nir_export import spiking_map_graph, write_graph
from innervate.perception.place.percept import Recogniser
from innervate.perception.place.place_fields import field_statistics
from innervate.perception.place.sequences import ANY_DRIVE, sequence_scores
from innervate.perception.place.spiking_map import SpikingMap
from innervate.perception.place.vprtempo import VPRTempo


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Learn one place from each image of a folder, in the order of the file names."""

    images: Annotated[Path, tyro.conf.Positional]
    """Folder of the reference traverse."""
    map: Path = Path("place-map.npz")
    """Where the map goes."""
    seed: int = 0
    """Of the neurons' starting potentials."""
    skip_corrupt: bool = False
    """Leave images out that cannot be decoded, instead of stopping at the first."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """Tell the place of each image of a folder, taken as one drive in the order of the file names."""

    images: Annotated[Path, tyro.conf.Positional]
    """Folder of images to recognise."""
    map: Path = Path("place-map.npz")
    """What `innervate place fit` wrote."""
    sequence: int = 1
    """Frames of evidence behind each answer, the last one included; 1 looks at single images."""
    out: Path | None = None
    """A CSV file for the answers; they are printed otherwise."""
    skip_corrupt: bool = False
    """Leave images out that cannot be decoded, instead of stopping at the first."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """Write a map's network as a graph of the Neuromorphic Intermediate Representation (`.nir`)."""

    out: Annotated[Path, tyro.conf.Positional]
    """The file to write."""
    map: Path = Path("place-map.npz")
    """What `innervate place fit` wrote."""
    step_s: float = 1e-3
    """Time step of the simulator or chip."""


@dataclass(frozen=True, kw_only=True)
class Compare:
    """Every recogniser on two folders of the same route: a table and figures."""

    reference: Annotated[Path, tyro.conf.Positional]
    """Folder of the drive that is learnt."""
    query: Annotated[Path, tyro.conf.Positional]
    """Folder of the drive that is recognised; image i shows place i unless `--truth` says otherwise."""
    truth: Path | None = None
    """A text file with one line a query: the number of its place, from 0; -1 where it is not in the map."""
    tolerance: int = 0
    """Places that an answer may be off and still count."""
    sequence: int = 10
    """Frames of the sequence columns."""
    seed: int = 0
    """Of everything that is random."""
    out: Path = Path("place-bench")
    """Folder of the table and the figures."""


@dataclass(frozen=True, kw_only=True)
class Fields:
    """Place fields of a map of `innervate/Arena-v0`: a table and a figure."""

    scene: int = 0
    """Which arena: the seed of its houses and trees, and of the map."""
    light: Light = "day"
    """Light of the visits; the map is of a summer's day."""
    season: Season = "summer"
    """Season of the visits."""
    out: Path = Path("place-fields")
    """Folder of the table and the figure."""


def _say_skipped(folder: ImageFolder) -> None:
    for name in folder.corrupt:
        print(f"left out, cannot be decoded: {name}")


def fit(options: Fit) -> None:
    """Learn one place from each image of a folder."""
    folder = load_images(options.images, skip_corrupt=options.skip_corrupt)
    _say_skipped(folder)
    places = SpikingMap(options.seed)
    places.fit(folder.images)
    places.names = folder.names
    places.save(options.map)
    print(f"{places.n_places} places in {options.map}")


def query(options: Query) -> None:
    """Tell the place of each image of a folder."""
    places = SpikingMap.load(options.map)
    folder = load_images(options.images, skip_corrupt=options.skip_corrupt)
    _say_skipped(folder)
    scores = places.scores(folder.images)
    if options.sequence > 1:
        scores = sequence_scores(scores, options.sequence, ANY_DRIVE)
    # A calibration is of single images; sequences stand out by other margins.
    found, sure = scores.argmax(1), margin_confidence(scores) if options.sequence > 1 else places.confidence(scores)
    rows = [
        (name, str(int(k)), places.names[k] if places.names else "", f"{c:.3f}")
        for name, k, c in zip(folder.names, found, sure, strict=True)
    ]
    header = ("image", "place", "mapped as", "confidence")
    if options.out is None:
        print_table(f"{len(rows)} images, {places.n_places} places", header, rows)
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    write_text_atomically(options.out, text.getvalue())
    print(f"{len(rows)} answers in {options.out}")


def export(options: Export) -> None:
    """Write a map's network as a NIR graph."""
    places = SpikingMap.load(options.map)
    write_graph(spiking_map_graph(places, options.step_s), options.out)
    print(f"{places.n_places} places in {options.out}")


def _truth(options: Compare, queries: int, places: int) -> np.ndarray:
    if options.truth is None:
        return diagonal_truth(queries, places, options.tolerance)
    try:
        indices = np.array([int(line) for line in options.truth.read_text(encoding="utf-8").split()])
    except (OSError, ValueError) as error:
        raise ConfigError(f"{options.truth} is not a list of place numbers, one a line ({error}).") from error
    if len(indices) != queries:
        raise ConfigError(f"{options.truth} has {len(indices)} lines for {queries} images.")
    return truth_from_indices(indices, places, options.tolerance)


def compare(options: Compare) -> None:
    """Every recogniser on two folders of the same route: a table and figures."""
    reference, asked = load_images(options.reference), load_images(options.query)
    truth = _truth(options, len(asked.images), len(reference.images))
    seed = options.seed
    recognisers: dict[str, Recogniser] = {
        "spiking map": SpikingMap(seed),
        "HOG + cosine": HogCosine(),
        "SAD": SumOfAbsoluteDifferences(),
        "VPRTempo's rule": VPRTempo(seed),
        "chance": Chance(seed),
    }
    header = ("recogniser", "R@1", "R@5", "R@10", "area under PR", "R@100P", f"R@1, {options.sequence} frames")
    rows: list[tuple[str, ...]] = []
    compared: dict[str, Comparison] = {}
    for name, recogniser in recognisers.items():
        recogniser.fit(reference.images)
        scores = recogniser.scores(asked.images)
        curve = precision_recall(scores, truth)
        paths = sequence_scores(scores, options.sequence, ANY_DRIVE)
        figures = [*(recall_at(scores, truth, n) for n in (1, 5, 10)), curve.area, curve.recall_at_full_precision,
                   recall_at(paths, truth)]  # fmt: skip
        rows.append((name, *(f"{x:.3f}" for x in figures)))
        compared[name] = Comparison(scores, curve)
    print_table(f"{len(asked.images)} images, {len(reference.images)} places", header, rows)
    lines = [f"| {' | '.join(cells)} |" for cells in (header, ("---",) * len(header), *rows)]
    write_text_atomically(options.out / "table.md", "\n".join(lines) + "\n")
    draw(options.out, compared, reference.images, asked.images, truth)
    print(f"table and figures in {options.out}")


def fields(options: Fields) -> None:
    """Place fields in the arena: a table and a figure."""
    arena = Explored(options.scene)
    maps = arena.maps(light=options.light, season=options.season)
    found = field_statistics(maps)
    names = {
        "fields": "fields per unit",
        "size": "size of a field (m2)",
        "information": "information (bits per spike)",
        "coverage": "share of the arena in a field",
        "hyperactive": "hyperactive units (share)",
        "silent": "silent units (share)",
    }
    rows = [(names[key], f"{value:.3f}") for key, value in figures(found).items()]
    print_table(f"{len(maps.rate)} units, {options.light}, {options.season}", ("", "mean"), rows)
    lines = ["| statistic | mean |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    write_text_atomically(options.out / "table.md", "\n".join(lines) + "\n")
    draw_fields(options.out / "fields.png", maps, found)
    print(f"table and figure in {options.out}")


def main(argv: Sequence[str]) -> None:
    """Run one of them."""
    known = {"fit": fit, "query": query, "export": export, "bench": compare, "fields": fields}
    tyro.extras.subcommand_cli_from_dict(
        known, args=list(argv), prog="innervate place", config=(tyro.conf.OmitArgPrefixes,)
    )
