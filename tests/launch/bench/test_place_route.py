"""The MuJoCo route of the benchmark: its measures by hand, and its pictures."""

import numpy as np
import pytest

pytest.importorskip("numba")

from innervate.envs.sight.gl import probe
from innervate.launch.bench.place.route import (
    CARRIED_EVERY,
    HEIGHT,
    PLACES,
    WIDTH,
    Drive,
    Street,
    apart,
    filtered,
    frames_to_recover,
    kidnapped_drive,
    steady_drive,
)


def test_distance_goes_the_shorter_way_round_the_ring() -> None:
    a, b = np.array([1.0, PLACES - 1.0, 405.0]), np.array([PLACES - 1.0, 1.0, 3.0])
    assert apart(a, b) == pytest.approx([2.0, 2.0, 2.0])


def test_recovery_needs_three_good_frames_on_end() -> None:
    error = np.full(40, 9.0)
    error[[3, 5, 6, 7]] = 0.5
    assert frames_to_recover(error, [0, 20]) == [5, CARRIED_EVERY]


def test_the_odometer_drifts_and_evidence_corrects_it() -> None:
    drive = steady_drive(np.random.default_rng(0))
    drift = apart(np.cumsum(drive.odometer), drive.position)
    assert drift[-1] > 5
    scores = np.random.default_rng(1).normal(size=(len(drive.position), PLACES))
    shown = np.round(drive.position).astype(int) % PLACES
    scores[np.arange(len(shown)), shown] += 5
    corrected = apart(filtered(scores, drive, start=0), drive.position)
    assert np.sqrt((corrected**2).mean()) < np.sqrt((drift**2).mean()) / 5
    blind = apart(filtered(np.zeros_like(scores), drive, start=0), drive.position)
    assert np.sqrt((blind**2).mean()) > 0.5 * np.sqrt((drift**2).mean())  # no evidence, no correction


def test_a_kidnap_moves_the_vehicle_and_not_the_odometer() -> None:
    drive, when = kidnapped_drive(np.random.default_rng(2))
    assert isinstance(drive, Drive)
    jumps = np.diff(drive.position)[np.array(when) - 1]
    assert (jumps > 15).all()
    assert (drive.odometer < 2).all()


def test_the_street_of_the_benchmark_is_the_route_of_the_environments() -> None:
    if "ok" not in probe().values():
        pytest.skip("no OpenGL library here can render a frame")
    along = np.array([0.0, 10.0, 0.0])
    pictures: list[np.ndarray] = []
    for options in ({}, {"season": "winter"}):
        street = Street(4, **options)
        pictures.append(street.photograph(along).astype(float))
        street.close()
    day, winter = pictures
    assert day.shape == (3, HEIGHT, WIDTH, 3)
    assert np.array_equal(day[0], day[2])
    assert np.abs(day[0] - day[1]).mean() > 5
    assert np.abs(day - winter).mean() > 5
