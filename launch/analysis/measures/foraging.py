"""How well hidden food is found again: latency, savings, searching where it was, and what it costs.

Measures of the watermaze and its relatives, in physical units; ratios to an oracle put rats, people and robots in one
figure. A track is where the body was at the end of each control step of a trial.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from innervate.errors import ConfigError

ZONES = 8
"""The zone of the goal and seven others, turned about the middle of the ground (as in a watermaze)."""
ZONE_M = 1.0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What happened in one trial."""

    day: int
    number: int
    """Within the day, from 1, 0 of an exploration; a probe has that of the trial before it."""
    probe: bool
    found: bool
    latency_s: float
    """To the food, or to the end of the trial."""
    path_m: float
    straight_m: float
    """From the start to the edge of the nearest food."""
    goal_m: Float[np.ndarray, "goal 2"]
    track_m: Float[np.ndarray, "step 2"]
    heading_rad: Float[np.ndarray, "step"]
    touching: Bool[np.ndarray, "step"]
    carried: Bool[np.ndarray, "step"]
    """Where the body had just been carried off."""
    step_s: float


def savings(first_s: Float[np.ndarray, "day"], second_s: Float[np.ndarray, "day"]) -> float:
    """1 - L2 / L1 of the mean latencies: 0 where nothing is remembered."""
    return float(1 - np.mean(second_s) / np.mean(first_s))


def savings_of_what_can_be_saved(
    first_s: Float[np.ndarray, "day"], second_s: Float[np.ndarray, "day"], oracle_s: float
) -> float:
    """(L1 - L2) / (L1 - oracle): a better first search is not punished; 1 for one as good as the oracle."""
    first = float(np.mean(first_s))
    return (first - float(np.mean(second_s))) / (first - oracle_s)


def spl(
    found: Bool[np.ndarray, "trial"], straight_m: Float[np.ndarray, "trial"], path_m: Float[np.ndarray, "trial"]
) -> float:
    """Success weighted by path length (Anderson et al. 2018): straight over walked, 0 where nothing was found."""
    share = straight_m / np.maximum(np.maximum(path_m, straight_m), 1e-9)
    return float(np.mean(np.where(found, share, 0.0)))


def zones(goal_m: Float[np.ndarray, "2"], count: int = ZONES) -> Float[np.ndarray, "zone 2"]:
    """The goal, and its place turned about the middle of the ground, evenly."""
    turn = 2 * np.pi * np.arange(count) / count
    c, s = np.cos(turn), np.sin(turn)
    return np.stack([c * goal_m[0] - s * goal_m[1], s * goal_m[0] + c * goal_m[1]], axis=1)


def occupancy(
    track_m: Float[np.ndarray, "step 2"], goal_m: Float[np.ndarray, "2"], radius_m: float = ZONE_M
) -> Float[np.ndarray, "zone"]:
    """Share of the time spent in each zone; that of the goal comes first."""
    away = np.linalg.norm(track_m[:, None] - zones(goal_m)[None], axis=2)
    return (away <= radius_m).mean(axis=0)


def preference(
    track_m: Float[np.ndarray, "step 2"], goal_m: Float[np.ndarray, "2"], radius_m: float = ZONE_M
) -> float:
    """Of the time spent in any zone, the share in the goal's; chance is an eighth; NaN for one who was in none."""
    shares = occupancy(track_m, goal_m, radius_m)
    total = float(shares.sum())
    return float(shares[0]) / total if total > 0 else float("nan")


def quadrant(track_m: Float[np.ndarray, "step 2"], goal_m: Float[np.ndarray, "2"]) -> float:
    """Share of the time in the goal's quarter of the ground; chance is a quarter."""
    return float((np.sign(track_m) == np.sign(goal_m)).all(axis=1).mean())


def proximity_m(track_m: Float[np.ndarray, "step 2"], goal_m: Float[np.ndarray, "2"]) -> float:
    """Mean distance to the goal."""
    return float(np.linalg.norm(track_m - goal_m, axis=1).mean())


def heading_error_rad(
    track_m: Float[np.ndarray, "step 2"], goal_m: Float[np.ndarray, "2"], after_m: float = 1.0
) -> float:
    """Between where it has gone when it has walked `after_m` and the way from the start to the goal; NaN for less."""
    steps = np.linalg.norm(np.diff(track_m, axis=0), axis=1)
    gone = np.flatnonzero(np.cumsum(steps) >= after_m - 1e-9)
    if not len(gone):
        return float("nan")
    went, way = track_m[gone[0] + 1] - track_m[0], goal_m - track_m[0]
    off = np.arctan2(went[1], went[0]) - np.arctan2(way[1], way[0])
    return float(abs((off + np.pi) % (2 * np.pi) - np.pi))


def perseveration(
    tracks_m: Sequence[Float[np.ndarray, "step 2"]], old_m: Float[np.ndarray, "2"], radius_m: float = ZONE_M
) -> float:
    """Share of trials in which the zone where food used to be is visited."""
    return float(np.mean([bool((np.linalg.norm(t - old_m, axis=1) <= radius_m).any()) for t in tracks_m]))


def localisation_error_m(
    believed_m: Float[np.ndarray, "step 2"], true_m: Float[np.ndarray, "step 2"]
) -> Float[np.ndarray, "step"]:
    """How far off it takes itself to be."""
    return np.linalg.norm(believed_m - true_m, axis=1)


def recovery_s(
    error_m: Float[np.ndarray, "step"], carried: int, step_s: float, within_m: float = 0.5, hold_s: float = 1.0
) -> float:
    """From a kidnap, at step `carried`, until it knows where it is to `within_m` for `hold_s`; infinite for never."""
    good, hold = error_m[carried:] <= within_m, max(1, round(hold_s / step_s))
    for k in range(len(good) - hold + 1):
        if good[k : k + hold].all():
            return k * step_s
    return float("inf")


def bumps(touching: Bool[np.ndarray, "step"]) -> int:
    """How often it began to touch something."""
    return int((touching & ~np.concatenate([[False], touching[:-1]])).sum())


def retention(
    found: Bool[np.ndarray, "asked"], interval: Float[np.ndarray, "asked"], edges: Sequence[float]
) -> list[float]:
    """Share found, by how long ago it was learnt or how much was learnt since, between two edges each; NaN for none."""
    which = np.digitize(interval, edges)
    return [float(found[which == k].mean()) if (which == k).any() else float("nan") for k in range(1, len(edges))]


def chemotaxis_index(track_m: Float[np.ndarray, "step 2"], source_m: Float[np.ndarray, "2"]) -> float:
    """1 - the mean distance to the source over the first one, at least 0 (Izquierdo and Lockery 2010)."""
    away = np.linalg.norm(track_m - source_m, axis=1)
    return float(max(0.0, 1 - away.mean() / away[0]))


def assay_index(
    ends_m: Float[np.ndarray, "animal 2"], source_m: Float[np.ndarray, "animal 2"], radius_m: float
) -> float:
    """As on a plate: (near the source - near its mirror image) / (near either), where animals end; NaN for none."""
    near = int((np.linalg.norm(ends_m - source_m, axis=1) <= radius_m).sum())
    far = int((np.linalg.norm(ends_m + source_m, axis=1) <= radius_m).sum())
    return (near - far) / (near + far) if near + far else float("nan")


def latencies_s(days: Sequence[Sequence[Trial]], number: int) -> Float[np.ndarray, "day"]:
    """Latency of the trial of that number (from 1) of every day."""
    return np.array([t.latency_s for day in days for t in day if t.number == number and not t.probe])


def summary(days: Sequence[Sequence[Trial]]) -> Mapping[str, float]:
    """What is said of a course of days: medians of the latencies, success and SPL by trial, savings, the probe.

    Raises `ConfigError` without a trial that is no probe.
    """
    trials = [t for day in days for t in day if not t.probe]
    if not trials:
        raise ConfigError("There is no trial with food to speak of: only probes, or nothing at all.")
    told = dict[str, float]()
    for number in sorted({t.number for t in trials}):
        these = [t for t in trials if t.number == number]
        told[f"latency_{number}_s"] = float(np.median([t.latency_s for t in these]))
        told[f"success_{number}"] = float(np.mean([t.found for t in these]))
        told[f"spl_{number}"] = spl(
            np.array([t.found for t in these]), np.array([t.straight_m for t in these]),
            np.array([t.path_m for t in these]),
        )  # fmt: skip
    first, second = latencies_s(days, 1), latencies_s(days, 2)
    if len(second):
        told["savings"] = savings(first, second)
    probes = [t for day in days for t in day if t.probe and t.number > 0]
    if probes:
        told["probe_within"] = float(np.mean([occupancy(t.track_m, t.goal_m[0])[0] for t in probes]))
        told["probe_preference"] = float(np.nanmean([preference(t.track_m, t.goal_m[0]) for t in probes]))
        told["probe_quadrant"] = float(np.mean([quadrant(t.track_m, t.goal_m[0]) for t in probes]))
    told["bumps"] = float(np.mean([bumps(t.touching) for t in trials]))
    return told


def order(trials: Sequence[Trial]) -> Int[np.ndarray, "trial"]:
    """Numbers of the trials within their day, for a learning curve."""
    return np.array([t.number for t in trials])
