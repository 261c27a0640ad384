"""Place fields in the arena: one arena, mapped on a summer's day and visited all over."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from innervate.envs.engine.make import make_world
from innervate.envs.sight.gl import prepare
from innervate.perception.place.place_fields import FieldStatistics, RateMaps, firing, rate_maps
from innervate.perception.place.recognisers.spiking_map import SpikingMap

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
    from innervate.envs.sight.eye import Eye

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
