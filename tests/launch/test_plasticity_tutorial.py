"""The tutorial on plasticity: its Python runs, its commands and its file are understood, its picture is there."""

import re
import shlex
from pathlib import Path

import pytest

from innervate.agents.continual.hlop import HLOPConfig
from innervate.agents.learners.continual import ContinualConfig
from innervate.controllers.circuits.plastic_wiring import PlasticWiringConfig
from innervate.controllers.plasticity.gated import GatedConfig
from innervate.launch.commands.train import configuration, parse

PAGE = Path(__file__).parents[2] / "docs/tutorials/plasticity.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(code, "plasticity.md", "exec"), {})
    numbers, written = re.findall(r"[\d.e-]+(?= numbers| is what)", capsys.readouterr().out)
    assert int(numbers) == 8 and float(written) > 0


def test_the_trainings_are_understood() -> None:
    lines = re.findall(r"^ +innervate train (.+?)$", TEXT, re.MULTILINE)
    damaged, row = (configuration(parse(shlex.split(line))) for line in lines)
    assert damaged.world.options["stuck"] == -1 and isinstance(damaged.controller, PlasticWiringConfig)
    assert isinstance(row.learner, ContinualConfig) and isinstance(row.learner.keep, HLOPConfig)
    assert row.learner.tasks == ("reach", "curl", "heavy")


def test_the_file_chooses_the_rule(tmp_path: Path) -> None:
    file = tmp_path / "worm.toml"
    told = re.search(r"^    \[plastic-wiring\.rule\]\n(?:    .+\n)+", TEXT, re.MULTILINE)
    assert told is not None
    file.write_text(re.sub(r"^    ", "", told[0], flags=re.MULTILINE))
    config = configuration(parse(["swim", "--controller", "plastic-wiring", "--config", str(file)]))
    assert config.controller == PlasticWiringConfig(rule=GatedConfig(rate=0.05))


def test_its_picture_is_there() -> None:
    (picture,) = re.findall(r"!\[.+\]\((.+)\)", TEXT)
    assert (PAGE.parent / picture).exists()
