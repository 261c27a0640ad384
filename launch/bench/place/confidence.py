"""Does the confidence of a percept say how often it is right?"""

from collections.abc import Iterator

import numpy as np

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.place.data import traverses
from innervate.launch.run.statistics import student_interval
from innervate.perception.place.calibration import expected_calibration_error
from innervate.perception.place.measures import margin_confidence
from innervate.perception.place.recognisers.spiking_map import SpikingMap


def one_seed(places: int, seed: int) -> dict[str, float]:
    """Expected calibration error before and after, fitted on every fifth place and evaluated on the others."""
    data = traverses("nordland_64x32").first(places)
    recogniser = SpikingMap(seed)
    recogniser.fit(data.reference)
    scores = recogniser.scores(data.query)
    right = data.truth[np.arange(places), scores.argmax(1)]
    held_back = np.arange(places) % 5 == 2
    margin = margin_confidence(scores[~held_back])
    recogniser.calibrate_confidence(scores[held_back], data.truth[held_back])
    sure = recogniser.confidence(scores[~held_back])
    return {
        "before": expected_calibration_error(margin, right[~held_back]),
        "after": expected_calibration_error(sure, right[~held_back]),
    }


def confidence_rows(bench: Bench, seeds: int) -> Iterator[Row]:
    """Calibrated on a fifth of the queries; the error is over the other four fifths, in ten bins of equal count."""
    for places in (500,) if bench.quick else (500, 2761):
        runs = [bench.once(f"confidence {places} {s}", lambda n=places, s=s: one_seed(n, s)) for s in range(seeds)]
        after, before = ([r[k] for r in runs] for k in ("after", "before"))
        bench.say(f"calibration error at {places} places: {np.mean(before):.3f} before, {np.mean(after):.3f} after")
        yield Row(row=f"spiking map, expected calibration error of its confidence, {places} places",
                  value=float(np.mean(after)), unit="share", interval=student_interval(after), n=seeds,
                  peer=f"margin as it is {np.mean(before):.3f}")  # fmt: skip
