"""The tutorial on arms: its Python runs, its commands are understood, its measures exist."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

from innervate.controllers.circuits.bilateral import BilateralConfig
from innervate.envs.registry import TASKS
from innervate.launch.commands.train import configuration, parse

TEXT = (Path(__file__).parents[2] / "docs/tutorials/arms.md").read_text(encoding="utf-8")


def test_the_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert "BATCHES, SEEDS = 250, 3" in code
    assert "steps=60" in code
    short = code.replace("BATCHES, SEEDS = 250, 3", "BATCHES, SEEDS = 2, 1").replace("steps=60", "steps=8")
    exec(compile(short, "arms.md", "exec"), {})
    said = capsys.readouterr().out
    assert re.search(r"in the field: deviation to the left -?\d+\.\d cm", said)
    assert re.search(r"lesioned: end error \d+\.\d cm", said)


@pytest.mark.parametrize("line", re.findall(r"^ +innervate train (.+?)(?: +#.*)?$", TEXT, re.MULTILINE))
def test_the_trainings_are_understood(line: str) -> None:
    config = configuration(parse(shlex.split(line)))
    assert config.world.id in {entry.id for entry in TASKS.values()}
    assert isinstance(config.controller, BilateralConfig)


def test_what_is_named_exists() -> None:
    assert {entry.id for entry in TASKS.values() if entry.id in TEXT} == {
        f"innervate/{name}-v0" for name in ("Reach", "Hold", "ForceField", "BimanualSpring")
    }
    for module in re.findall(r"`launch\.analysis\.measures\.(\w+)`", TEXT):
        importlib.import_module(f"innervate.launch.analysis.measures.{module}")
