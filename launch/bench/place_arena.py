"""Place fields in the arena: where the units of a map fire, by day and after the season has changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from innervate.envs.gl import prepare
from innervate.envs.make import make_world
from innervate.errors import ConfigError
from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.place_data import interval
from innervate.launch.bench.rows import Row
from innervate.perception.place.place_fields import (
    FieldStatistics,
    RateMaps,
    field_statistics,
    firing,
    rate_maps,
    remapping,
)
from innervate.perception.place.spiking_map import SpikingMap

HALF_M = 4.5
"""The square that is visited reaches this far from the middle of the arena; its walls are at 5 m."""
PLACES_A_SIDE, BINS_A_SIDE = 6, 15
LOOK_WIDTH, LOOK_HEIGHT = 32, 16
"""Pixels of each of the four looks of a panorama."""


def grid(count: int) -> Float[np.ndarray, "place 2"]:
    """Middles of `count` x `count` bins, visited like a field is ploughed."""
    middle = ((np.arange(count) + 0.5) / count * 2 - 1) * HALF_M
    x, y = np.meshgrid(middle, middle, indexing="ij")
    y[1::2] = y[1::2, ::-1].copy()
    return np.stack([x.ravel(), y.ravel()], axis=1)


def panoramas(scene: int, at_m: Float[np.ndarray, "place 2"], **options: Any) -> UInt8[np.ndarray, "place h w 3"]:
    """Four looks side by side, all the way round, lined up by a compass as head direction cells would."""
    prepare(render=True)
    from innervate.envs.eye import Eye

    eye = Eye(make_world("arena", scene=scene, **options), LOOK_WIDTH, LOOK_HEIGHT)
    try:
        looks = [eye.see(at_m, np.full(len(at_m), heading)) for heading in np.arange(4)[::-1] * np.pi / 2]
    finally:
        eye.close()
    return np.concatenate(looks, axis=2)


@dataclass(frozen=True)
class Explored:
    """One arena, mapped on a summer's day and visited all over, then again in winter."""

    scene: int

    @cached_property
    def map(self) -> SpikingMap:
        """A unit for each of a grid of places."""
        recogniser = SpikingMap(self.scene)
        recogniser.fit(panoramas(self.scene, grid(PLACES_A_SIDE)))
        return recogniser

    def maps(self, **options: Any) -> RateMaps:
        """Rate of every unit all over the arena."""
        at = grid(BINS_A_SIDE)
        rate = firing(self.map.scores(panoramas(self.scene, at, **options)))
        corner = (HALF_M, HALF_M)
        return rate_maps(at, rate, (-HALF_M, -HALF_M), corner, (BINS_A_SIDE, BINS_A_SIDE))

    def distance_m(self, maps: RateMaps) -> Float[np.ndarray, "unit"]:
        """From the place that a unit learnt to the middle of where it fires, weighted by its rate."""
        middle = ((np.arange(BINS_A_SIDE) + 0.5) / BINS_A_SIDE * 2 - 1) * HALF_M
        total = np.maximum(maps.rate.sum((1, 2)), 1e-12)
        x, y = (maps.rate.sum(axis) @ middle / total for axis in (2, 1))
        return np.linalg.norm(np.stack([x, y], axis=1) - grid(PLACES_A_SIDE), axis=1)


def figures(found: FieldStatistics) -> dict[str, float]:
    """Means over units and fields."""
    return {
        "fields": float(found.fields_per_unit.mean()),
        "size": float(found.field_size.mean()) if len(found.field_size) else 0.0,
        "information": float(found.information_bits_per_spike.mean()),
        "coverage": found.coverage,
        "hyperactive": found.hyperactive,
        "silent": found.silent,
    }


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
        yield Row(row=f"Arena-v0, {name}", value=float(np.mean(values)), unit=unit, interval=interval(values), n=seeds,
                  peer=said)  # fmt: skip
