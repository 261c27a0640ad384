"""The route seen by an event camera: places told from what changes while the vehicle drives by."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8

from innervate.errors import ConfigError
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.place.route import HEIGHT, PLACES, SPACING_M, WIDTH, Street
from innervate.launch.run.statistics import student_interval
from innervate.perception.place.measures import diagonal_truth, recall_at
from innervate.perception.place.percept import Recogniser
from innervate.perception.place.recognisers.pixels import SumOfAbsoluteDifferences
from innervate.perception.place.recognisers.spiking_map import SpikingMap

SPEED_M_S = 1.0
IMAGES_A_PLACE = 4
"""Rendered between one place and the next; the event camera fills the time between them."""


def event_images(street: Street) -> tuple[UInt8[np.ndarray, "place height width"], float]:
    """One image of counted events for each place of a lap, and the events a second."""
    from innervate.envs.sight.event_camera import EventCamera, event_image

    camera = EventCamera(threshold=0.2)
    step_m = SPACING_M / IMAGES_A_PLACE
    frames = street.photograph((np.arange(PLACES * IMAGES_A_PLACE + 1) - IMAGES_A_PLACE / 2) * step_m)
    state = camera.begin(frames[0], 0.0)
    images = np.zeros((PLACES, HEIGHT, WIDTH), np.uint8)
    total = 0
    for place in range(PLACES):
        seen = np.zeros((HEIGHT, WIDTH), np.int64)
        for k in range(IMAGES_A_PLACE):
            number = place * IMAGES_A_PLACE + k + 1
            events, state = camera.see(frames[number], number * step_m / SPEED_M_S, state)
            seen += event_image(events, HEIGHT, WIDTH, full=255)
            total += len(events)
        images[place] = np.minimum(seen, 8) * 255 // 8
    return images, total / (PLACES * SPACING_M / SPEED_M_S)


def one_seed(seed: int) -> dict[str, float]:
    """Recall on a lap in winter of what a lap in summer taught."""
    laps: list[UInt8[np.ndarray, "place height width"]] = []
    rate = 0.0
    for season in ("summer", "winter"):
        street = Street(seed, season=season)
        images, rate = event_images(street)
        street.close()
        laps.append(images)
    truth = diagonal_truth(PLACES, PLACES, tolerance=1)
    recognisers: dict[str, Recogniser] = {"ours": SpikingMap(seed), "sad": SumOfAbsoluteDifferences()}
    out = {"rate": rate}
    for name, recogniser in recognisers.items():
        recogniser.fit(laps[0])
        out[name] = recall_at(recogniser.scores(laps[1]), truth)
    return out


def mujoco_event_rows(bench: Bench, seeds: int) -> Iterator[Row]:
    """A new street for every seed."""
    try:
        runs = [bench.once(f"Route-v0 events {s}", lambda s=s: one_seed(s)) for s in range(seeds)]
    except ConfigError as error:  # no OpenGL on this machine
        yield Row(row="Route-v0, event camera", value=None, unit="", peer=str(error))
        return
    ours = [r["ours"] for r in runs]
    sad, rate = (float(np.mean([r[k] for r in runs])) for k in ("sad", "rate"))
    bench.say(f"event camera on the route: {np.mean(ours):.3f}")
    yield Row(
        row="Route-v0, event camera, winter: R@1 within one place",
        value=float(np.mean(ours)),
        unit="share",
        interval=student_interval(ours),
        n=seeds,
        peer=f"SAD {sad:.3f}; {rate:.0f} events a second at {SPEED_M_S:g} m/s",
    )
