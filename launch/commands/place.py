"""Tell places from images: fit a map, query it, compare recognisers."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro

from innervate.envs.scenery.weather import Light, Season
from innervate.errors import ConfigError
from innervate.files import write_text_atomically
from innervate.launch.analysis.measures.arena_fields import Explored, figures
from innervate.launch.commands._numbers import check_numbers
from innervate.launch.commands._place_figures import Comparison, draw, draw_fields
from innervate.launch.commands._tables import print_table
from innervate.perception.place.images.encoder import Encoder
from innervate.perception.place.images.images import ImageFolder, load_images
from innervate.perception.place.measures import (
    diagonal_truth,
    margin_confidence,
    precision_recall,
    recall_at,
)
from innervate.perception.place.neuromorphic.nir_export import common_map_graph, spiking_map_graph, write_graph
from innervate.perception.place.percept import Recogniser
from innervate.perception.place.place_fields import field_statistics
from innervate.perception.place.positions import positions_of, truth_within
from innervate.perception.place.recognisers.chance import Chance
from innervate.perception.place.recognisers.hog import HogCosine
from innervate.perception.place.recognisers.pixels import SumOfAbsoluteDifferences
from innervate.perception.place.recognisers.spiking_map import SpikingMap
from innervate.perception.place.recognisers.vprtempo import VPRTempo
from innervate.perception.place.sequences import Drive, drive_scores
from innervate.perception.place.truth import read_truth

SMOKE = (["fit", "{pictures}", "--map", "{folder}/map.npz"], ["query", "{pictures}", "--map", "{folder}/map.npz"])


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Learn one place from each image of a folder, in the order of the file names."""

    images: Annotated[Path, tyro.conf.Positional]
    """Folder of the reference traverse, a video, or a file of events."""
    map: Path = Path("place-map.npz")
    """Where the map goes."""
    seed: int = 0
    """Of the neurons' starting potentials."""
    encoder: Path | None = None
    """An ONNX image encoder in place of the oriented front end (extra `encoder`); the map is asked with the same."""
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
    drive: Drive = "auto"
    """`steady`: both drives at much the same speed; `any`: stops, turns back and leaps are looked for as well; `auto`:
    whichever stands out more from chance, frame by frame."""
    out: Path | None = None
    """A CSV file for the answers; they are printed otherwise."""
    encoder: Path | None = None
    """The ONNX image encoder that the map was learnt through, if it was."""
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
    nodes: Literal["common", "exact"] = "common"
    """`common`: Input, LIF, Affine and Output, which snntorch, sinabs and norse import; spikes come in, and the place
    is the largest sum of what goes out. `exact`: the cells' integration as well, of primitives that few import."""


@dataclass(frozen=True, kw_only=True)
class Compare:
    """Every recogniser on two folders of the same route: a table and figures."""

    reference: Annotated[Path, tyro.conf.Positional]
    """Folder of the drive that is learnt."""
    query: Annotated[Path, tyro.conf.Positional]
    """Folder of the drive that is recognised; image i shows place i unless `--truth` says otherwise."""
    truth: Path | None = None
    """Text with a line for each query: the numbers of its places, from 0, -1 where it is not in the map; or a .npy."""
    tolerance: int = 0
    """Places that an answer may be off and still count."""
    tolerance_m: float | None = None
    """Metres that an answer may be off: where pictures were taken is read from `@easting@northing@` in their names, or
    from GPS in their EXIF, instead of `--truth`."""
    sequence: int = 10
    """Frames of the sequence columns."""
    drive: Drive = "auto"
    """`steady`: both drives at much the same speed; `any`: stops, turns back and leaps are looked for as well; `auto`:
    whichever stands out more from chance, frame by frame."""
    seed: int = 0
    """Of everything that is random."""
    encoder: Path | None = None
    """An ONNX image encoder in place of the oriented front end (needs the extra `encoder`); gets a row of its own."""
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
    if folder.below:
        print(f"left alone, {folder.below} images in subfolders: the folder has images of its own")
    parts = list(dict.fromkeys(n.rsplit("/", 1)[0] for n in folder.names if "/" in n))
    if len(parts) > 1:
        print(f"one drive of {len(parts)} folders, one after another: {_few(parts)}")
    if folder.unread:
        how = "convert them to PNG or JPEG; give a video by itself"
        print(f"left out, {len(folder.unread)} of a kind that is not read ({how}): {_few(folder.unread)}")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _encoder(path: Path | None) -> Encoder | None:
    return None if path is None else Encoder(path)


def fit(options: Fit) -> None:
    """Learn one place from each image of a folder."""
    check_numbers(options, seed=0, sequence=1, tolerance=0)
    folder = load_images(options.images, skip_corrupt=options.skip_corrupt)
    _say_skipped(folder)
    places = SpikingMap(options.seed, encoder=_encoder(options.encoder))
    places.fit(folder.images)
    places.names = folder.names
    places.save(options.map)
    print(f"{places.n_places} places in {options.map}")


def query(options: Query) -> None:
    """Tell the place of each image of a folder."""
    check_numbers(options, seed=0, sequence=1, tolerance=0)
    places = SpikingMap.load(options.map, _encoder(options.encoder))
    folder = load_images(options.images, skip_corrupt=options.skip_corrupt)
    _say_skipped(folder)
    scores = places.scores(folder.images)
    if options.sequence > 1:
        scores = drive_scores(scores, options.sequence, options.drive)
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
    if options.out.suffix != ".nir":
        raise ConfigError(f"A graph is written as .nir; {options.out.name} has another ending.")
    check_numbers(options, above=("step_s",))
    places = SpikingMap.load(options.map)
    exact = options.nodes == "exact"
    write_graph(spiking_map_graph(places, options.step_s) if exact else common_map_graph(places), options.out)
    print(f"{places.n_places} places in {options.out}")


def _truth(options: Compare, asked: ImageFolder, reference: ImageFolder) -> np.ndarray:
    queries, places = len(asked.images), len(reference.images)
    if options.tolerance_m is not None:
        if options.truth is not None or options.tolerance:
            raise ConfigError("Give --tolerance-m, or --truth with --tolerance: each says which answers are right.")
        return truth_within(positions_of(asked.files), positions_of(reference.files), options.tolerance_m)
    if options.truth is not None:
        return read_truth(options.truth, queries, places, options.tolerance)
    if queries != places:
        print(
            f"warning: {queries} queries and {places} places, and no --truth: image i is taken to show place i, "
            "which is hardly so."
        )
    return diagonal_truth(queries, places, options.tolerance)


def compare(options: Compare) -> None:
    """Every recogniser on two folders of the same route: a table and figures."""
    check_numbers(options, seed=0, sequence=1, tolerance=0)
    reference, asked = load_images(options.reference), load_images(options.query)
    _say_skipped(reference)
    _say_skipped(asked)
    truth = _truth(options, asked, reference)
    seed = options.seed
    recognisers: dict[str, Recogniser] = {
        "spiking map": SpikingMap(seed),
        "HOG + cosine": HogCosine(),
        "SAD": SumOfAbsoluteDifferences(),
        "VPRTempo's rule": VPRTempo(seed),
        "chance": Chance(seed),
    }
    sequences = f"R@1, {options.sequence} frames, {options.drive} drive"
    if options.encoder is not None:
        through = SpikingMap(seed, encoder=_encoder(options.encoder))
        recognisers = {f"spiking map, {options.encoder.name}": through, **recognisers}
    header = ("recogniser", "R@1", "R@5", "R@10", "area under PR", "R@100P", sequences)
    rows: list[tuple[str, ...]] = []
    compared: dict[str, Comparison] = {}
    for name, recogniser in recognisers.items():
        recogniser.fit(reference.images)
        scores = recogniser.scores(asked.images)
        curve = precision_recall(scores, truth)
        paths = drive_scores(scores, options.sequence, options.drive)
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
