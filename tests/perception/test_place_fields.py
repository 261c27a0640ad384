"""Maps made by hand, whose fields and information are known."""

import numpy as np
import pytest

from innervate.errors import ConfigError
from innervate.perception.place.place_fields import (
    RateMaps,
    field_statistics,
    firing,
    information_bits_per_spike,
    rate_maps,
    remapping,
)


def uniform(rate: np.ndarray, bin_size: float = 1.0, circular: bool = False) -> RateMaps:
    return RateMaps(rate.astype(float), np.full(rate.shape[1:], 1 / rate[0].size), bin_size, circular)


def test_information_of_known_maps() -> None:
    """A unit that fires in one of 2^k equally visited bins tells k bits a spike; one that fires everywhere none."""
    rate = np.zeros((4, 4, 8))
    rate[0, 2, 3] = 7.0  # 1 of 32: 5 bits
    rate[1] = 3.0
    rate[2, :2] = 0.1  # half of the bins: 1 bit
    assert information_bits_per_spike(uniform(rate)) == pytest.approx([5.0, 0.0, 1.0, 0.0])


def test_information_counts_how_long_it_was_where() -> None:
    """Skaggs' sum by hand: p = 3/4, 1/4 and rates 1, 5, mean 2: 3/8 log2(1/2) + 5/8 log2(5/2)."""
    maps = RateMaps(np.array([[[1.0, 5.0]]]), np.array([[0.75, 0.25]]), 1.0)
    assert information_bits_per_spike(maps) == pytest.approx([-3 / 8 + 5 / 8 * np.log2(2.5)])


def test_fields_are_counted_and_measured() -> None:
    rate = np.zeros((4, 6, 6))
    rate[0, 1:3, 1:4] = 5.0  # one field of 6 bins
    rate[0, 5, 5] = 0.9  # under a fifth of the peak
    rate[1, 0, 0] = rate[1, 1, 1] = 2.0  # corners do not join: two fields of 1
    rate[2] = 1.0  # everywhere
    found = field_statistics(uniform(rate[:2], bin_size=0.25))
    assert found.fields_per_unit.tolist() == [1, 2]
    assert sorted(found.field_size) == pytest.approx([0.25, 0.25, 1.5])
    assert found.coverage == pytest.approx(7 / 36)  # (1, 1) lies in fields of both
    assert (found.hyperactive, found.silent) == (0, 0)
    everyone = field_statistics(uniform(rate))
    assert everyone.coverage == 1
    assert everyone.hyperactive == pytest.approx(1 / 4)
    assert everyone.silent == pytest.approx(1 / 4)


def test_a_field_over_the_start_of_a_ring_is_one() -> None:
    rate = np.zeros((1, 1, 10))
    rate[0, 0, [0, 1, 9]] = 1.0
    assert field_statistics(uniform(rate, 0.5, circular=True)).field_size.tolist() == [1.5]
    assert sorted(field_statistics(uniform(rate, 0.5)).field_size) == [0.5, 1.0]


def test_visits_are_sorted_into_bins() -> None:
    position = np.array([[0.1, 0.1], [0.4, 0.3], [1.9, 3.9], [2.0, 4.0], [1.5, 0.5]])
    rate = np.array([[1.0], [3.0], [4.0], [6.0], [0.5]])
    maps = rate_maps(position, rate, (0.0, 0.0), (2.0, 4.0), (2, 4))
    assert maps.bin_size == 1.0
    assert maps.rate[0].tolist() == [[2, 0, 0, 0], [0.5, 0, 0, 5]]
    assert maps.occupancy[1, 3] == pytest.approx(0.4)
    assert maps.visited.sum() == 3
    ring = rate_maps(position[:, :1], rate, (0.0,), (2.0,), (4,), circular=True)
    assert ring.rate.shape == (1, 1, 4)
    assert ring.bin_size == 0.5
    with pytest.raises(ConfigError, match="outside"):
        rate_maps(position, rate, (0.0, 0.0), (1.0, 4.0), (2, 4))
    with pytest.raises(ConfigError, match="axes"):
        rate_maps(position, rate, (0.0,), (1.0,), (2,))


def test_only_those_near_the_strongest_fire() -> None:
    drive = np.array([[1.0, 0.95, 0.9, 0.2], [0.5, 0.5, 0.1, 0.0], [-1.0, -0.5, -2.0, -1.0]])
    assert firing(drive) == pytest.approx(np.array([[1, 0.5, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]]))


def test_remapping_is_told_from_staying() -> None:
    rng = np.random.default_rng(0)
    rate = rng.random((3, 20, 20))
    other = rate.copy()
    other[1] = rng.random((20, 20))
    other[2] = 0.5
    found = remapping(uniform(rate), uniform(2 * other))
    assert found[0] == pytest.approx(1)
    assert abs(found[1]) < 0.2
    assert np.isnan(found[2])
