"""Other speeds, dropped frames, the way back, and worse cameras."""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Int, UInt8

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.place.data import Traverses, traverses
from innervate.launch.run.statistics import student_interval
from innervate.perception.place.measures import diagonal_truth, recall_at, truth_from_indices
from innervate.perception.place.percept import Recogniser
from innervate.perception.place.recognisers.hog import HogCosine
from innervate.perception.place.recognisers.pixels import SumOfAbsoluteDifferences
from innervate.perception.place.recognisers.spiking_map import SpikingMap
from innervate.perception.place.recognisers.vprtempo import VPRTempo
from innervate.perception.place.sequences import ANY_DRIVE, sequence_scores

SEQUENCE = 10
Drive = Callable[[int, np.random.Generator], Int[np.ndarray, "query"]]


def _at_speed(speed: float) -> Drive:
    def drive(places: int, _: np.random.Generator) -> Int[np.ndarray, "query"]:
        return np.round(np.arange(0, places - 1, speed)).astype(np.int64)

    return drive


DRIVES: dict[str, tuple[Drive, float, str]] = {
    "speed + 20 %": (_at_speed(1.2), 0.95, "published rebuild 0.07"),
    "speed - 20 %": (_at_speed(0.8), 0.95, "published rebuild 0.07"),
    "half the frames dropped": (lambda n, rng: np.flatnonzero(rng.random(n) < 0.5), 0.95, "published rebuild 0.90"),
    "reverse traverse": (lambda n, _: np.arange(n)[::-1], 0.90, "published rebuild 0.00"),
}
"""Which place each query frame shows, what is asked, and what torchVPRSNN's table says (100 places)."""

Camera = Callable[[UInt8[np.ndarray, "query h w 3"], np.random.Generator], UInt8[np.ndarray, "query h w 3"]]


def _noise(x: UInt8[np.ndarray, "query h w 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "query h w 3"]:
    return np.clip(x + rng.normal(0, 20, x.shape), 0, 255).astype(np.uint8)


def _dark(x: UInt8[np.ndarray, "query h w 3"], _: np.random.Generator) -> UInt8[np.ndarray, "query h w 3"]:
    return (x * 0.3).astype(np.uint8)


def _occluded(x: UInt8[np.ndarray, "query h w 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "query h w 3"]:
    out = x.copy()
    for image, column in zip(out, rng.integers(0, 48, len(x)), strict=True):
        image[:, column : column + 16] = 0
    return out


def _shifted(x: UInt8[np.ndarray, "query h w 3"], _: np.random.Generator) -> UInt8[np.ndarray, "query h w 3"]:
    return np.concatenate([x[:, :, 2:], x[:, :, -2:]], axis=2)


def _blackouts(x: UInt8[np.ndarray, "query h w 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "query h w 3"]:
    return np.where(rng.random(len(x))[:, None, None, None] < 0.2, np.uint8(0), x)


CAMERAS: dict[str, Camera] = {
    "noise of 20 grey levels": _noise,
    "30 % of the light": _dark,
    "a quarter of the view covered": _occluded,
    "view turned by 2 of 64 pixels": _shifted,
    "a fifth of the frames black": _blackouts,
}


def driven(data: Traverses, drive: Drive, seed: int) -> float:
    """Recall at 1 of sequences along one drive."""
    places = len(data.reference)
    shown = drive(places, np.random.default_rng(seed))
    recogniser = SpikingMap(seed)
    recogniser.fit(data.reference)
    paths = sequence_scores(recogniser.scores(data.query[shown]), SEQUENCE, ANY_DRIVE)
    return recall_at(paths[SEQUENCE - 1 :], truth_from_indices(shown, places)[SEQUENCE - 1 :])


def drive_rows(bench: Bench, seeds: int) -> Iterator[Row]:
    """Sequences of ten over drives that are not the mapped one; queries from the tenth on."""
    for places in (100, 500):
        data = traverses("nordland_64x32").first(places)
        for name, (drive, reach, peer) in DRIVES.items():

            values = [
                bench.once(f"drive {name} {places} {s}", lambda s=s, d=data, drive=drive: driven(d, drive, s))
                for s in range(seeds)
            ]
            mean = float(np.mean(values))
            bench.say(f"{places} places, {name}: {mean:.3f}")
            yield Row(row=f"spiking map, {name}, sequences of {SEQUENCE}, {places} places", value=mean, unit="share",
                      interval=student_interval(values), n=seeds, peer=peer, reach=f"at least {reach:.2f}",
                      holds=mean >= reach)


def camera_rows(bench: Bench, seeds: int) -> Iterator[Row]:
    """Single frames at 500 places when the query camera is worse than the mapping one."""
    data = traverses("nordland_64x32").first(500)
    for name, camera in CAMERAS.items():

        def measure(make: Callable[[int], Recogniser], seed: int, camera: Camera = camera) -> float:
            recogniser = make(seed)
            recogniser.fit(data.reference)
            return recall_at(recogniser.scores(camera(data.query, np.random.default_rng(seed))), data.truth)

        values = [
            bench.once(f"camera {name} {s}", lambda s=s, m=measure: m(lambda k: SpikingMap(k), s))
            for s in range(seeds)
        ]
        sad = bench.once(f"camera SAD {name}", lambda m=measure: m(lambda _: SumOfAbsoluteDifferences(), 0))
        hog = bench.once(f"camera HOG {name}", lambda m=measure: m(lambda _: HogCosine(), 0))
        yield Row(row=f"spiking map, {name}: R@1, 500 places", value=float(np.mean(values)), unit="share",
                  interval=student_interval(values), n=seeds, peer=f"SAD {sad:.3f}, HOG + cosine {hog:.3f}")


def event_rows(bench: Bench, seeds: int) -> Iterator[Row]:
    """Frames of accumulated events from an event camera (LENS, DAVIS128); tolerance 3 places, as its authors use."""
    data = traverses("lens_events_80x80")
    truth = diagonal_truth(*data.truth.shape, tolerance=3)

    def measure(make: Callable[[int], Recogniser], seed: int) -> float:
        recogniser = make(seed)
        recogniser.fit(data.reference)
        return recall_at(recogniser.scores(data.query), truth)

    values = [bench.once(f"events {s}", lambda s=s: measure(lambda k: SpikingMap(k), s)) for s in range(seeds)]
    others = {"SAD": SumOfAbsoluteDifferences(), "HOG + cosine": HogCosine(), "VPRTempo's rule": VPRTempo(0)}
    peer = ", ".join(
        f"{n} {bench.once(f'events {n}', lambda r=r: measure(lambda _: r, 0)):.3f}" for n, r in others.items()
    )
    row = f"spiking map on event frames: R@1 within 3 places, {data.truth.shape[1]} places"
    mean, around = float(np.mean(values)), student_interval(values)
    yield Row(row=row, value=mean, unit="share", interval=around, n=seeds, peer=peer)
