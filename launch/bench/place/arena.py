"""Place fields in the arena: where the units of a map fire, by day and after the season has changed."""

from collections.abc import Iterator

import numpy as np

from innervate.errors import ConfigError
from innervate.launch.analysis.measures.arena_fields import BINS_A_SIDE, HALF_M, PLACES_A_SIDE, Explored, figures
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval
from innervate.perception.place.place_fields import field_statistics, remapping


def explore(scene: int) -> dict[str, float]:
    """Statistics of one arena in summer, and how much of it winter leaves."""
    arena = Explored(scene)
    summer, winter = arena.maps(), arena.maps(season="winter")
    alike = remapping(summer, winter)
    return {
        **figures(field_statistics(summer)),
        "displaced": float(np.median(arena.distance_m(summer))),
        "winter information": figures(field_statistics(winter))["information"],
        "alike": float(np.nanmean(alike)) if np.isfinite(alike).any() else 0.0,
    }


def arena_rows(bench: Bench, seeds: int) -> Iterator[Row]:
    """A new arena for every seed."""
    units, visits = PLACES_A_SIDE**2, BINS_A_SIDE**2
    try:
        runs = [bench.once(f"arena {units} {visits} {s}", lambda s=s: explore(s)) for s in range(seeds)]
    except ConfigError as error:  # no OpenGL on this machine
        yield Row(row="Arena-v0, place fields", value=None, unit="", peer=str(error))
        return
    most = float(np.log2(visits))
    rows = (
        ("size", "size of a place field", "m2", f"{(2 * HALF_M) ** 2 / units:.2f} m2 of arena a unit"),
        ("fields", "fields per unit", "", ""),
        ("coverage", "share of the arena in a field", "share", ""),
        ("information", "information per spike", "bits", f"at most {most:.1f}, one bin of {visits}"),
        ("winter information", "information per spike, winter", "bits", ""),
        ("hyperactive", "units that fire in more than half of the arena", "share", ""),
        ("silent", "units that never fire", "share", ""),
        ("alike", "correlation of a unit's map in winter with summer's", "", "1: no remapping"),
    )
    for key, name, unit, said in rows:
        values = [r[key] for r in runs]
        bench.say(f"arena, {name}: {np.mean(values):.3f}")
        yield Row(row=f"Arena-v0, {name}", value=float(np.mean(values)), unit=unit, n=seeds,
                  interval=student_interval(values),
                  peer=said)  # fmt: skip
