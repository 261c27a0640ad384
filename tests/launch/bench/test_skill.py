"""Time to skill: the criterion, the first time that it is met, and a peer that is trained and stopped."""

import json
import re
import time
from pathlib import Path

import numpy as np

from innervate.agents.learner import WorldConfig
from innervate.launch.bench.skill import PARTS
from innervate.launch.bench.skill.peers import SETTINGS, Setting, peer
from innervate.launch.bench.skill.rows import QUICK, criterion, seconds_to
from innervate.launch.bench.skill.stopwatch import Stopwatch
from innervate.launch.run.preset import PRESETS


def test_every_preset_is_a_part_and_eight_settings_are_swept() -> None:
    assert list(PARTS) == list(PRESETS) and set(QUICK) <= set(PARTS)
    assert len(SETTINGS) == 8 and {s.algorithm for s in SETTINGS[:2]} == {"ppo", "sac"}


def test_the_criterion_is_of_the_better_final() -> None:
    assert criterion((100.0, 200.0), 10.0) == 190.0
    np.testing.assert_allclose(criterion((-100.0, -200.0), -1100.0), -150.0)  # returns below zero
    curve = [[0.0, 0.0, 1.0], [2.0, 3.0, 5.0], [4.0, 6.0, 4.0]]
    assert seconds_to(curve, 4.5) == (2.0, 3.0) and seconds_to(curve, 9.0) == (np.inf, np.inf)


def test_what_is_not_training_is_not_counted() -> None:
    watch = Stopwatch()
    with watch.stopped():
        time.sleep(0.3)
    assert watch.read()[1] < 0.3


def test_a_peer_trains_until_it_is_stopped() -> None:
    setting = Setting("tiny", "ppo", 2, {"n_steps": 32, "batch_size": 32, "n_epochs": 1})
    found = peer(setting, WorldConfig(id="Pendulum-v1"), 0, 0.5, 2, 2)
    assert found["spent"][0] >= 0.5 and found["steps"] > 0 and len(found["curve"]) >= 2 and found["held_out"] < 0


def test_what_presets_state_stands_in_the_table() -> None:
    table = Path(__file__).parents[3] / "docs" / "benchmarks" / "skill.json"
    rows = {row["row"].partition(":")[0]: row for row in reversed(json.loads(table.read_text())["rows"])}
    stating = {name: PRESETS[name].measured for name in PRESETS if PRESETS[name].measured}
    assert stating
    for name, told in stating.items():
        assert f"in {rows[name]['value']:.0f} CPU-s" in told
        assert re.findall(r"not in (\d+)", told) == re.findall(r"not reached in (\d+)", rows[name]["peer"])
