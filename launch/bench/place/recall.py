"""How often the right place comes first: single frames, sequences, modules, full precision, all peers side by side."""

from collections.abc import Callable, Iterator

import numpy as np

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.place.data import Traverses, traverses
from innervate.launch.run.statistics import student_interval
from innervate.perception.place.measures import precision_recall, recall_at
from innervate.perception.place.percept import Recogniser
from innervate.perception.place.recognisers.hog import HogCosine
from innervate.perception.place.recognisers.pixels import SumOfAbsoluteDifferences
from innervate.perception.place.recognisers.spiking_map import SpikingMap, SpikingMapConfig
from innervate.perception.place.recognisers.vprtempo import VPRTempo
from innervate.perception.place.sequences import STEADY, sequence_scores

SEQUENCE = 10
REACH = {100: (0.90, 1.00), 500: (0.80, 0.99), 2761: (0.55, 0.97)}
"""Places to the recall at 1 that is asked of single frames and of sequences."""
PEERS: dict[str, Callable[[int], Recogniser]] = {
    "SAD": lambda _seed: SumOfAbsoluteDifferences(),
    "HOG + cosine": lambda _seed: HogCosine(),
    "VPRTempo's rule": lambda seed: VPRTempo(seed),
    "spiking map": lambda seed: SpikingMap(seed),
}
DETERMINISTIC = ("SAD", "HOG + cosine")


def measures(recogniser: Recogniser, data: Traverses) -> dict[str, float]:
    """Recall at 1 (single frames, sequences of ten), area under the exact curve, recall at full precision."""
    recogniser.fit(data.reference)
    scores = recogniser.scores(data.query)
    curve = precision_recall(scores, data.truth)
    sequence = sequence_scores(scores, SEQUENCE, STEADY)[SEQUENCE - 1 :]
    return {
        "r1": recall_at(scores, data.truth),
        "r5": recall_at(scores, data.truth, 5),
        "sequence": recall_at(sequence, data.truth[SEQUENCE - 1 :]),
        "area": curve.area,
        "full": curve.recall_at_full_precision,
    }


def recall_rows(bench: Bench, seeds: int) -> Iterator[Row]:
    """Every recogniser on the first 100, 500 and all 2,761 Nordland places, tolerance 0."""
    data = traverses("nordland_64x32")
    for places, (single_reach, sequence_reach) in REACH.items():
        part = data.first(places)
        found: dict[str, list[dict[str, float]]] = {}
        for name, make in PEERS.items():
            if bench.quick and places > 500 and name.startswith("VPRTempo"):
                continue
            few = name in DETERMINISTIC or (name.startswith("VPRTempo") and places > 500)  # minutes a seed
            found[name] = [
                bench.once(f"recall {name} {places} {s}", lambda s=s, make=make, part=part: measures(make(s), part))
                for s in range(1 if few else seeds)
            ]
            bench.say(f"{places} places, {name}: R@1 {_mean(found[name], 'r1'):.3f}")
        yield from _table(found, places, "r1", f"R@1, {places} places", "share", single_reach)
        yield from _table(found, places, "sequence", f"R@1 with sequences of {SEQUENCE}, {places} places", "share",
                          sequence_reach)
        yield from _table(found, places, "full", f"R@100P, {places} places", "share", 0.25 if places == 500 else None)
        yield from _table(found, places, "area", f"area under precision-recall, {places} places", "share", None)


def _mean(values: list[dict[str, float]], key: str) -> float:
    return float(np.mean([v[key] for v in values]))


def _table(
    found: dict[str, list[dict[str, float]]], places: int, key: str, row: str, unit: str, reach: float | None
) -> Iterator[Row]:
    chance = f"chance {1 / places:.4f}" if key == "r1" else ""
    others = [f"{n} {_mean(v, key):.3f}" for n, v in found.items() if n != "spiking map"]
    for name, runs in found.items():
        values = [r[key] for r in runs]
        best = name == "spiking map"
        yield Row(
            row=f"{name}: {row}", value=float(np.mean(values)), unit=unit, interval=student_interval(values),
            n=len(values),
            peer=", ".join([*others, chance] if chance else others) if best else "",
            reach=f"at least {reach:.2f}" if best and reach is not None else "",
            holds=float(np.mean(values)) >= reach if best and reach is not None else None,
        )  # fmt: skip


def lesion_row(bench: Bench, seeds: int) -> Iterator[Row]:
    """The spiking map without its adaptation, to show what that is worth."""
    data = traverses("nordland_64x32").first(500)
    lesioned = SpikingMapConfig(memory_frames=0)
    values = [
        bench.once(f"no adaptation {s}", lambda s=s: measures(SpikingMap(s, lesioned), data)["r1"])
        for s in range(seeds)
    ]
    yield Row(row="spiking map without adaptation: R@1, 500 places", value=float(np.mean(values)), unit="share",
              interval=student_interval(values), n=len(values))


def module_rows(bench: Bench, seeds: int) -> Iterator[Row]:
    """The same places cut into more and more modules: share of the recall at 1 that is lost."""
    data = traverses("nordland_64x32")

    def lost(make: Callable[[int | None], Recogniser], places: int, size: int) -> float:
        part = data.first(places)
        one, many = (measures(make(s), part)["r1"] for s in (None, size))
        return 1 - many / one

    ours = [
        bench.once(f"modules 132 {s}",
                   lambda s=s: lost(lambda m: SpikingMap(s, SpikingMapConfig(module_size=m)), 2761, 21))
        for s in range(seeds)
    ]
    theirs = [
        bench.once(f"VPRTempo modules 20 {s}",
                   lambda s=s: lost(lambda m: VPRTempo(s, module_size=m or 500), 500, 25))
        for s in range(seeds)
    ]
    yield Row(row="VPRTempo's rule: recall lost from 1 to 20 modules, 500 places", value=float(np.mean(theirs)),
              unit="share", interval=student_interval(theirs), n=len(theirs))
    yield Row(row="spiking map: recall lost from 1 to 132 modules, 2,761 places", value=float(np.mean(ours)),
              unit="share", interval=student_interval(ours), n=len(ours),
              peer=f"VPRTempo by 20 modules {np.mean(theirs):.2f}",
              reach="at most 0.02", holds=float(np.mean(ours)) <= 0.02)
