"""Where units fire: rate maps, place fields, and how much a spike tells of the place."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64

from innervate.errors import ConfigError

FIELD_EDGE = 0.2
"""A field ends where the rate falls below this share of the unit's peak (Jung, Wiener and McNaughton, 1994)."""
COMPETITION = 0.1
"""Units fire whose drive is within a tenth of the strongest one's: inhibition by gamma cycles, "E%-max" with E about
10 % (de Almeida, Idiart and Lisman, J. Neurosci. 2009)."""


def firing(
    drive: Float[np.ndarray, "visit unit"], competition: float = COMPETITION
) -> Float64[np.ndarray, "visit unit"]:
    """Rate of each unit, 0 to 1: how far its drive lies above the inhibition, relative to the strongest unit's.

    Inhibition follows the strongest drive and leaves a share `competition` of it; nobody fires without a positive one.
    """
    x = drive.astype(np.float64)
    room = competition * np.maximum(x.max(1, keepdims=True), 0.0)
    above = np.maximum(x - x.max(1, keepdims=True) + room, 0.0)
    return np.divide(above, room, out=np.zeros_like(above), where=room > 0)


@dataclass(frozen=True)
class RateMaps:
    """Mean rate of each unit in each bin of a rectangle (a route is one row of bins)."""

    rate: Float64[np.ndarray, "unit row column"]
    """0 where no visit was."""
    occupancy: Float64[np.ndarray, "row column"]
    """Share of the visits."""
    bin_size: float
    """Of one bin: m2 in an arena, m along a route."""
    circular: bool = False
    """Whether the last column borders on the first."""

    @property
    def visited(self) -> Bool[np.ndarray, "row column"]:
        """Bins with a visit."""
        return self.occupancy > 0


def rate_maps(
    position_m: Float[np.ndarray, "visit axes"],
    rate: Float[np.ndarray, "visit unit"],
    low_m: tuple[float, ...],
    high_m: tuple[float, ...],
    bins: tuple[int, ...],
    *,
    circular: bool = False,
) -> RateMaps:
    """Sort visits, each an equal share of the time, into bins.

    Along a route: one axis, the distance from its start. In an arena: two, rows along the first. Visits outside
    `low_m` to `high_m` raise `ConfigError`.
    """
    axes = position_m.shape[1]
    if axes not in (1, 2) or not len(low_m) == len(high_m) == len(bins) == axes:
        raise ConfigError(f"Positions have 1 or 2 axes, each with bounds and bins; {axes} came with {len(bins)} bins.")
    step = (np.array(high_m) - np.array(low_m)) / np.array(bins)
    at = np.floor((position_m - np.array(low_m)) / step).astype(np.int64)
    at = np.where(position_m == np.array(high_m), np.array(bins) - 1, at)
    if (at < 0).any() or (at >= np.array(bins)).any():
        outside = position_m[((at < 0) | (at >= np.array(bins))).any(1)][0]
        raise ConfigError(f"A visit at {outside.tolist()} m lies outside the map, {low_m} to {high_m} m.")
    shape = bins if axes == 2 else (1, bins[0])
    flat = np.ravel_multi_index(tuple(at.T), bins)
    visits = np.bincount(flat, minlength=int(np.prod(bins)))
    total = np.zeros((len(visits), rate.shape[1]))
    np.add.at(total, flat, rate)
    mean = total / np.maximum(visits, 1)[:, None]
    return RateMaps(
        mean.T.reshape(-1, *shape), (visits / len(position_m)).reshape(shape), float(np.prod(step)), circular
    )


def information_bits_per_spike(maps: RateMaps) -> Float64[np.ndarray, "unit"]:
    """What a spike tells of the place: sum of p_i r_i / r log2(r_i / r) (Skaggs et al., NIPS 1993); 0 if silent."""
    mean = (maps.rate * maps.occupancy).sum((1, 2))
    relative = maps.rate / np.where(mean > 0, mean, 1.0)[:, None, None]
    log = np.log2(relative, out=np.zeros_like(relative), where=relative > 0)
    return (maps.occupancy * relative * log).sum((1, 2))


def fields_of(
    rate: Float64[np.ndarray, "row column"], edge: float, circular: bool
) -> list[Bool[np.ndarray, "row column"]]:
    """Place fields of one unit: runs of bins with a side in common whose rate is at least `edge` of the peak."""
    left = (rate >= edge * rate.max()) & (rate > 0)
    rows, columns = rate.shape
    fields: list[Bool[np.ndarray, "row column"]] = []
    while left.any():
        field = np.zeros_like(left)
        first = np.unravel_index(int(left.argmax()), left.shape)
        waiting = deque([(int(first[0]), int(first[1]))])
        left[first] = False
        while waiting:
            r, c = waiting.popleft()
            field[r, c] = True
            for y, x in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
                x = x % columns if circular else x
                if 0 <= y < rows and 0 <= x < columns and left[y, x]:
                    left[y, x] = False
                    waiting.append((y, x))
        fields.append(field)
    return fields


@dataclass(frozen=True)
class FieldStatistics:
    """The place fields of a population."""

    fields_per_unit: Float64[np.ndarray, "unit"]
    """0 for a silent unit."""
    field_size: Float64[np.ndarray, "field"]
    """Of every field of every unit: m2 in an arena, m along a route."""
    information_bits_per_spike: Float64[np.ndarray, "unit"]
    coverage: float
    """Share of the visited bins that lie in at least one field."""
    hyperactive: float
    """Share of the units that fire in more than a given share of the visited bins."""
    silent: float
    """Share of the units that never fire."""


def field_statistics(maps: RateMaps, *, edge: float = FIELD_EDGE, too_many: float = 0.5) -> FieldStatistics:
    """Fields of every unit; hyperactive are those that fire in more than `too_many` of the visited bins."""
    fields = [fields_of(rate, edge, maps.circular) for rate in maps.rate]
    sizes = [float(f.sum()) * maps.bin_size for of_unit in fields for f in of_unit]
    covered = np.any([f for of_unit in fields for f in of_unit] or [np.zeros_like(maps.visited)], axis=0)
    visited = maps.visited
    share = (maps.rate > 0)[:, visited].mean(1)
    return FieldStatistics(
        np.array([float(len(f)) for f in fields]),
        np.array(sizes, np.float64),
        information_bits_per_spike(maps),
        float(covered[visited].mean()),
        float((share > too_many).mean()),
        float((share == 0).mean()),
    )


def remapping(before: RateMaps, after: RateMaps) -> Float64[np.ndarray, "unit"]:
    """Correlation of each unit's map with its map under other circumstances, over bins visited in both; NaN if flat."""
    both = before.visited & after.visited
    a, b = (m.rate[:, both] - m.rate[:, both].mean(1, keepdims=True) for m in (before, after))
    power = np.sqrt((a * a).sum(1) * (b * b).sum(1))
    return np.divide((a * b).sum(1), power, out=np.full(len(a), np.nan), where=power > 0)
