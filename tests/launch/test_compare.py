"""Comparing runs: what is grouped, what is measured, what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.errors import ConfigError, RunError
from innervate.launch.cli import main
from innervate.launch.run.comparison import gather
from innervate.launch.run.evaluation import evaluate_run
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.training import train

WORLD = WorldConfig(id="innervate/Swim-v0", options={"n_links": 3})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("compared")
    made = list[Path]()
    for controller, seed in (("ncap", 0), ("ncap", 1), ("zero-ish", 0)):
        sigma = 0.1 if controller == "ncap" else 1e-6
        path = folder / f"{controller}-{seed}"
        learner = CMAConfig(population=4, sigma=sigma)
        train(WORLD, controller="ncap" if sigma > 0.01 else "linear", learner=learner, steps=4000, seed=seed, out=path)
        made.append(path)
    return made


@pytest.mark.slow
def test_seeds_make_a_group_and_share_their_initial_states(runs: list[Path]) -> None:
    groups = gather(runs, 3)
    assert [len(g.runs) for g in groups] == [2, 1]
    assert groups[0].name.startswith("ncap, cma")
    assert groups[0].returns.shape == (2, 3)
    np.testing.assert_array_equal(groups[0].returns[1], evaluate_run(runs[1], 3).episodes.returns)


def test_the_command_writes_figures_and_a_picture(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["compare", *map(str, runs), "--episodes", "3", "--out", str(tmp_path / "c")])
    assert "beats one of" in capsys.readouterr().out
    document: dict[str, Any] = json.loads((tmp_path / "c.json").read_text())
    ncap, linear = document["groups"]
    assert ncap["interval"][0] <= ncap["interquartile_mean"] <= ncap["interval"][1]
    assert ncap["interquartile_mean"] > linear["interquartile_mean"]
    assert document["probability_of_improvement"][0]["probability"] == 1.0
    assert min(Image.open(tmp_path / "c.png").size) > 200


def test_groups_of_one_kind_are_named_by_what_differs(runs: list[Path], tmp_path: Path) -> None:
    other = Path(shutil.copytree(runs[0], tmp_path / "other"))
    folder = RunFolder.open(other)
    config = folder.config()
    folder.extend(replace(config, learner=replace(config.learner, sigma=0.2)))  # pyright: ignore[reportArgumentType, reportCallIssue]
    names = [g.name for g in gather([runs[0], other], 1)]
    assert names == ["ncap, cma; sigma 0.1", "ncap, cma; sigma 0.2"]


def test_what_cannot_be_compared_is_refused(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="twice"):
        gather([runs[0], runs[0]], 1)
    with pytest.raises(RunError, match="no run folder"):
        gather([runs[0], tmp_path / "nothing"], 1)
    other = Path(shutil.copytree(runs[0], tmp_path / "other"))
    folder = RunFolder.open(other)
    folder.extend(replace(folder.config(), world=WorldConfig(id="innervate/Swim-v0", options={"n_links": 4})))
    with pytest.raises(ConfigError, match="different tasks"):
        gather([runs[0], other], 1)
    folder.extend(RunFolder.open(runs[0]).config().with_steps(10**6))
    with pytest.raises(RunError, match="--unfinished"):
        gather([runs[1], other], 1)
    assert len(gather([runs[1], other], 1, unfinished=True)) == 2
