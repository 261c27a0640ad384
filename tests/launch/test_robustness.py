"""What a change of body, senses or neurons does to a trained controller."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.errors import UnknownNameError
from innervate.launch.cli import main
from innervate.launch.run.evaluation import evaluate_run
from innervate.launch.run.robustness import measure
from innervate.launch.run.training import train


@pytest.mark.slow
def test_the_grid_is_right_where_it_is_known(tmp_path: Path) -> None:
    out = tmp_path / "worm"
    world = WorldConfig(id="innervate/Swim-v0", options={"n_links": 3})
    train(world, controller=WiringConfig(), learner=CMAConfig(population=4, sigma=0.1), steps=4000, out=out)
    main(["robustness", str(out), "--episodes", "2"])
    document = json.loads((out / "robustness.json").read_text())
    rows = {row["kind"]: dict(zip(row["levels"], row["returns"], strict=True)) for row in document["rows"]}
    nominal = evaluate_run(out, 2).episodes.returns.mean()
    assert document["nominal"] == pytest.approx(nominal)
    # No change is no change, bit for bit; contacts are off in the water, so that friction never matters.
    for kind, level in (("mass, factor", 1.0), ("delay of the senses, control steps", 0.0), ("units silent", 0.0)):
        assert rows[kind][level] == pytest.approx(nominal, rel=1e-9)
    assert np.ptp(list(rows["friction, factor"].values())) < 1e-9 * nominal
    # A muscle of half the strength swims slower, and so does a heavier body.
    assert rows["actuator gear, factor"][0.5] < nominal
    assert rows["mass, factor"][2.0] < nominal
    assert rows["units silent"][8.0] < 0.7 * nominal
    assert min(Image.open(out / "robustness.png").size) > 300


def test_of_others_bodies_the_senses_are_varied(tmp_path: Path) -> None:
    out = tmp_path / "other"
    world = WorldConfig(id="Pendulum-v1")
    train(world, controller="linear", learner=CMAConfig(population=4), steps=4000, out=out)
    found = measure(out, 2)
    assert [kind.split(",")[0] for kind in found.kinds] == ["delay of the senses", "noise on the senses"]
    (noise,) = measure(out, 2, only=("noise",)).returns
    np.testing.assert_array_equal(noise, found.returns[1])
    with pytest.raises(UnknownNameError, match=r"Known: delay, noise"):
        measure(out, 2, only=("mass",))
    for row in found.returns:
        np.testing.assert_array_equal(row[0], evaluate_run(out, 2).episodes.returns)  # no change is no change
        assert not np.array_equal(row[0], row[-1])
