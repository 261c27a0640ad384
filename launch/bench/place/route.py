"""A vehicle on a ring road in MuJoCo: its odometer drifts, place recognition corrects it, and it survives a kidnap."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from innervate.envs.engine.make import make_world
from innervate.envs.sight.gl import prepare
from innervate.errors import ConfigError
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval
from innervate.perception.place.bayes_filter import PlaceFilter
from innervate.perception.place.measures import recall_at, truth_from_indices
from innervate.perception.place.percept import Recogniser
from innervate.perception.place.recognisers.pixels import SumOfAbsoluteDifferences
from innervate.perception.place.recognisers.spiking_map import SpikingMap

RADIUS_M = 20.0
PLACES = 200
SPACING_M = 2 * np.pi * RADIUS_M / PLACES
WIDTH, HEIGHT = 64, 32
LAPS = 2
SCALE_ERROR, STEP_NOISE = 0.03, 0.05
"""Of the odometer: a wheel whose radius is off by 3 %, and 5 % of noise a step, both unknown to the filter."""
ASSUMED_NOISE = 0.1
"""Standard deviation, in places, that the filter takes a step of the odometer to have."""
KIDNAPS, CARRIED_EVERY = 20, 15
CONDITIONS: dict[str, tuple[dict[str, Any], float]] = {
    "winter": ({"season": "winter"}, 0.0),
    "dusk, 0.3 m aside and 3 degrees turned": ({"light": "dusk", "eye_yaw_rad": float(np.deg2rad(3.0))}, 0.3),
}
"""Options of the world and metres to the outside; the map is of a summer's day on the middle line."""


class Street:
    """Images along the road of `innervate/Route-v0`, wherever the vehicle is put."""

    def __init__(self, scene: int, **options: Any) -> None:
        prepare(render=True)
        from innervate.envs.sight.eye import Eye

        world = make_world("route", scene=scene, radius_m=RADIUS_M, **options)
        self._task: Any = world.task
        self._eye = Eye(world, WIDTH, HEIGHT)

    def photograph(
        self, along_m: Float[np.ndarray, "frame"], aside_m: float = 0.0
    ) -> UInt8[np.ndarray, "frame height width 3"]:
        """What the camera sees at each distance from the start of the road, driving `aside_m` to the outside."""
        return self._eye.see(*self._task.pose(along_m, aside_m))

    def close(self) -> None:
        """Give the OpenGL context back."""
        self._eye.close()


@dataclass(frozen=True)
class Drive:
    """One drive: where the vehicle was, what the odometer said of each step, both in places."""

    position: Float[np.ndarray, "frame"]
    odometer: Float[np.ndarray, "frame"]


def steady_drive(rng: np.random.Generator) -> Drive:
    """Some laps at a changing speed, from a start that is known."""
    steps = 1.0 + 0.4 * np.sin(np.arange(LAPS * PLACES) / 15) + rng.normal(0, 0.05, LAPS * PLACES)
    steps[0] = 0.0
    scale = 1 + SCALE_ERROR * rng.choice([-1, 1])
    return Drive(np.cumsum(steps), steps * (scale + rng.normal(0, STEP_NOISE, len(steps))))


def kidnapped_drive(rng: np.random.Generator) -> tuple[Drive, list[int]]:
    """A drive in which the vehicle is carried elsewhere every 15 frames, unknown to its odometer; and the frames."""
    frames = CARRIED_EVERY * (KIDNAPS + 1)
    steps = np.full(frames, 1.0) + rng.normal(0, 0.05, frames)
    when = list(range(CARRIED_EVERY, frames, CARRIED_EVERY))
    carried = steps.copy()
    carried[when] += rng.uniform(20, PLACES - 20, len(when))
    return Drive(np.cumsum(carried), steps * (1 + rng.normal(0, STEP_NOISE, frames))), when


def apart(a: Float[np.ndarray, "frame"], b: Float[np.ndarray, "frame"]) -> Float[np.ndarray, "frame"]:
    """Distance along the ring, in places, the shorter way round."""
    return np.abs((a - b + PLACES / 2) % PLACES - PLACES / 2)


def filtered(scores: Float[np.ndarray, "frame place"], drive: Drive, start: int | None) -> Float[np.ndarray, "frame"]:
    """Most likely position at each frame, in places; `start` is the place it is told, None if it is told nothing."""
    model = PlaceFilter(circular=True)
    belief = model.start(PLACES) if start is None else np.eye(PLACES)[start]
    around = np.arange(-3, 4)
    found: list[float] = []
    for row, moved in zip(scores, drive.odometer, strict=True):
        belief = model.correct(model.predict(belief, float(moved), ASSUMED_NOISE), row)
        peak = int(belief.argmax())
        near = belief[(peak + around) % PLACES]
        found.append(peak + float((near * around).sum() / near.sum()))
    return np.array(found)


def frames_to_recover(error: Float[np.ndarray, "frame"], when: list[int]) -> list[int]:
    """Frames from each kidnap until the error stays within one place for three (`CARRIED_EVERY` if it never does)."""
    frames: list[int] = []
    for k in when:
        good = error[k : k + CARRIED_EVERY] <= 1.0
        steady = [i for i in range(len(good) - 2) if good[i : i + 3].all()]
        frames.append(steady[0] if steady else CARRIED_EVERY)
    return frames


def route(seed: int, condition: str) -> dict[str, float]:
    """One street, mapped and driven; errors in metres, recoveries in frames."""
    options, aside_m = CONDITIONS[condition]
    rng = np.random.default_rng([seed, 1])
    day = Street(seed)
    recogniser = SpikingMap(seed)
    reference = day.photograph(np.arange(PLACES) * SPACING_M)
    day.close()
    recogniser.fit(reference)
    street = Street(seed, **options)
    drive = steady_drive(rng)
    images = street.photograph(drive.position * SPACING_M, aside_m)
    scores = recogniser.scores(images)
    corrected = apart(filtered(scores, drive, start=0), drive.position)
    alone = apart(np.cumsum(drive.odometer), drive.position)
    truth = truth_from_indices(np.round(drive.position).astype(np.int64) % PLACES, PLACES, tolerance=1)
    sad: Recogniser = SumOfAbsoluteDifferences()
    sad.fit(reference)
    carried, when = kidnapped_drive(rng)
    answers = recogniser.scores(street.photograph(carried.position * SPACING_M, aside_m))
    street.close()
    recovered = frames_to_recover(apart(filtered(answers, carried, None), carried.position), when)
    return {
        "recall": recall_at(scores, truth),
        "sad": recall_at(sad.scores(images), truth),
        "corrected_m": float(np.sqrt((corrected**2).mean())) * SPACING_M,
        "odometer_m": float(np.sqrt((alone**2).mean())) * SPACING_M,
        "recovery": float(np.median(recovered)),
        "slowest": float(max(recovered)),
    }


def route_rows(bench: Bench, seeds: int) -> Iterator[Row]:
    """A new street for every seed."""
    for condition in CONDITIONS:
        name = f"Route-v0, {condition}"
        try:
            runs = [bench.once(f"Route-v0 {condition} {s}", lambda s=s, c=condition: route(s, c)) for s in range(seeds)]
        except ConfigError as error:  # no OpenGL on this machine
            yield Row(row=name, value=None, unit="", peer=str(error))
            continue
        times = [r["odometer_m"] / r["corrected_m"] for r in runs]
        corrected, alone = (float(np.mean([r[k] for r in runs])) for k in ("corrected_m", "odometer_m"))
        recall = [r["recall"] for r in runs]
        recovery = [r["recovery"] for r in runs]
        sad = float(np.mean([r["sad"] for r in runs]))
        bench.say(f"{name}: {np.mean(times):.1f} times, recovery {np.median(recovery):.0f} frames")
        yield Row(
            row=f"{name}: R@1 within one place ({SPACING_M:.2f} m)",
            value=float(np.mean(recall)),
            unit="share",
            interval=student_interval(recall),
            n=seeds,
            peer=f"SAD {sad:.3f}",
        )
        yield Row(
            row=f"{name}: odometer's error over {LAPS} laps as a multiple of the corrected one",
            value=float(np.mean(times)),
            unit="times",
            interval=student_interval(times),
            n=seeds,
            peer=f"odometer alone {alone:.2f} m, corrected {corrected:.2f} m",
            reach="at least 5",
            holds=float(np.mean(times)) >= 5,
        )
        slowest = max(r["slowest"] for r in runs)
        yield Row(
            row=f"{name}: median recovery from a kidnap",
            value=float(np.median(recovery)),
            unit="frames",
            n=seeds * KIDNAPS,
            peer=f"slowest of all {slowest:.0f} frames",
            reach="at most 10",
            holds=float(np.median(recovery)) <= 10,
        )
