"""Recordings that others made, and what cannot be analysed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.gru import GRUConfig
from innervate.errors import ConfigError, InnervateWarning
from innervate.launch.analysis.method import METHODS, analyse, save
from innervate.launch.analysis.recordings.files import read
from innervate.launch.analysis.recordings.traces import Traces, common
from innervate.signals import Channel


def made(steps: int = 200, names: str = "abc", step_s: float = 0.1) -> Traces:
    return Traces(step_s, tuple(names), np.random.default_rng(steps).normal(size=(steps, len(names))))


def test_a_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "worm.csv"
    rows = [f"{0.25 * i:.2f};{i % 3};{i % 5}" for i in range(40)]
    path.write_text("\n".join(["Time;AVAL;AVAR", *rows]))
    found = read(path)
    assert (found.neurons, found.step_s, found.activity.shape) == (("AVAL", "AVAR"), 0.25, (40, 2))
    assert found.counts
    np.testing.assert_array_equal(found.activity[:3], [[0, 0], [1, 1], [2, 2]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AVAL,AVAR\n1,2\n3,4\n", "column of times"),
        ("time,AVAL,AVAR\n0,1,2\n0.1,1\n", "Row 3 .* holds 2"),
        ("time,AVAL,AVAR\n0,1,2\n0.1,1,x\n", "Row 3 .*'x'"),
        ("time,AVAL\n0,1\n", "1 rows"),
        ("time,AVAL,AVAR\n0,1,2\n0.1,1,2\n0.5,1,2\n", "equal steps"),
        ("time,AVAL,AVAR\n0,1,2\n0.1,1,2\n0.2,1,2\n", "at least 20"),
    ],
)
def test_a_table_that_does_not_fit_is_told(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "worm.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        read(path)


def test_other_files_are_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "worm.nwb").touch()
    with pytest.raises(ConfigError, match="Write others, such as NWB"):
        read(tmp_path / "worm.nwb")
    with pytest.raises(ConfigError, match="no recording"):
        read(tmp_path / "gone.csv")


def test_recordings_that_cannot_be_analysed_are_told() -> None:
    wild = np.ones((30, 2))
    wild[4, 1] = np.nan
    for activity, names, said in (
        (wild, "ab", "b is nan at step 4"), (np.ones((30, 1)), "a", "at least two"), (np.ones((5, 2)), "ab", "5 steps"),
        (np.ones((30, 2)), "aa", "named 'a'"), (np.ones((30, 2)), "abc", "3 names"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=said):
            Traces(0.1, tuple(names), activity)
    with pytest.raises(ConfigError, match="0 units that change"):
        Traces(0.1, ("a", "b"), np.ones((30, 2))).moving()
    with pytest.raises(ConfigError, match="share 0 units"):
        common([made(names="abc"), made(names="def")])
    with pytest.raises(ConfigError, match="resample"):
        common([made(), made(step_s=0.2)])


def test_common_units_come_in_one_order_with_their_wiring() -> None:
    wiring = np.arange(9.0).reshape(3, 3)
    one = Traces(0.1, ("a", "b", "c"), made().activity, wiring)
    other = made(names="cdb")
    with pytest.warns(InnervateWarning, match="2 units .* left out: a, d"):
        first, second = common([one, other])
    assert first.neurons == second.neurons == ("b", "c")
    np.testing.assert_array_equal(first.wiring, [[4, 5], [7, 8]])
    np.testing.assert_array_equal(second.activity, other.activity[:, [2, 0]])


def test_wirings_that_differ_and_steps_that_differ_are_told() -> None:
    spikes = np.random.default_rng(0).poisson(1.0, (200, 3)).astype(float)
    one, other = (Traces(0.1, ("a", "b", "c"), spikes, wiring) for wiring in (np.eye(3), np.ones((3, 3))))
    with pytest.raises(ConfigError, match="wirings differ"):
        analyse([one, other], "states", METHODS["states"].Config(prior="anatomy"))
    with pytest.raises(ConfigError, match="one step"):
        analyse([made(), made(step_s=0.2)], "similarity")


@pytest.mark.parametrize("name", METHODS)
def test_every_method_tells_draws_and_saves(name: str, tmp_path: Path) -> None:
    spec = ControllerSpec(observations=(Channel("joint_angle", 1),), action_size=1, control_step_s=0.1)
    controller = GRUConfig(units=3).build(spec, torch.Generator().manual_seed(0))
    other = Traces(0.1, ("a", "b", "c"), made(300).activity[:200])
    found = analyse([replace(one, controller=controller) for one in (made(), other)], name)
    assert found.told() and all(what and much for what, much in found.told())
    picture, numbers = save(found, tmp_path, name)
    assert picture.read_bytes()[:4] == b"\x89PNG"
    with np.load(numbers, allow_pickle=False) as stored:
        for key, value in found.arrays().items():
            np.testing.assert_array_equal(stored[key], value)
