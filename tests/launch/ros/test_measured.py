"""Delay and noise of a recorded drive, and their way back into the simulator."""

import time
from collections.abc import Callable
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from innervate.errors import InnervateError
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.safety import Verdict
from innervate.launch.ros.session.drive import Tick
from innervate.launch.ros.session.measured import measured, noise_of
from innervate.launch.ros.session.recording import Recorder
from innervate.launch.ros.session.senses import Senses
from innervate.signals import Channel

from .fake import FakeWire, SimulatedClock


def test_noise_is_told_from_motion() -> None:
    rng = np.random.default_rng(0)
    t = np.arange(2000)[:, None] * 0.02
    motion = np.sin(2 * np.pi * 0.5 * t + np.arange(3))
    assert noise_of(motion + rng.normal(0, 0.05, motion.shape)) == pytest.approx(0.05, rel=0.1)
    assert noise_of(motion) < 0.003


def test_ages_are_since_the_stamp_where_the_clocks_agree(robot: Callable[..., Robot]) -> None:
    clock = SimulatedClock(wall_s=1.7e9 + 0.3)
    wire = FakeWire(clock)
    senses = Senses(wire, robot(), clock)
    for late_s, expected in ((0.08, 0.08), (3600.0, 0.0), (-3600.0, 0.0)):
        senses.forget()
        stamp = clock.wall_s() - late_s
        header = {"stamp": {"sec": int(stamp), "nanosec": int(stamp % 1 * 1e9)}}
        wire.tell("/joint_states", {"header": header, "name": ["hip", "knee", "ankle"], "position": [0.0] * 3})
        clock.sleep(0.01)
        assert senses.oldest_s(clock.now_s()) == pytest.approx(max(expected, 0.0) + 0.01, abs=1e-6)


def test_a_recording_becomes_a_randomisation_that_the_simulator_takes(
    robot: Callable[..., Robot], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    recorder = Recorder(tmp_path / "d.mcap", robot())
    ages = rng.uniform(0.03, 0.09, 400)
    for k, age_s in enumerate(ages):
        observation = rng.normal(0, [0.02] * 2 + [0.3] * 9).astype(np.float32)
        recorder.tick(Tick(k, time.monotonic(), observation, np.zeros(3), {}, Verdict(np.zeros(3), "", ()), age_s))
    recorder.close()
    found = measured(tmp_path / "d.mcap", [Channel(name="joint_angle", size=2), Channel(name="body_velocity", size=9)])
    assert found.delay_s is not None
    np.testing.assert_allclose(found.delay_s, np.percentile(ages, [5, 95]))
    assert found.noise == {"joint_angle": pytest.approx(0.02, rel=0.15), "body_velocity": pytest.approx(0.3, rel=0.15)}

    real, ideal = (gym.make("innervate/Swim-v0", n_links=3, randomisation=r) for r in (found, None))
    (a, _), (b, _) = real.reset(seed=1), ideal.reset(seed=1)
    for _ in range(30):
        a, b = real.step(np.ones(2))[0], ideal.step(np.ones(2))[0]
    assert np.abs(a - b).max() > 0.05
    Recorder(tmp_path / "e.mcap", robot()).close()
    with pytest.raises(InnervateError, match="at least 50"):
        measured(tmp_path / "e.mcap")
