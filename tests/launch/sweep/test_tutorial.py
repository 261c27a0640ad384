"""The tutorial on sweeps: its Python runs, its commands are understood as far as the cluster that is not there."""

import re
import shlex
from pathlib import Path

import pytest

from innervate.errors import ConfigError
from innervate.launch.commands import sweep
from innervate.launch.commands.train import configuration, parse

pytestmark = pytest.mark.slow

TEXT = (Path(__file__).parents[3] / "docs/tutorials/sweeps.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line) for line in re.findall(r"^ +innervate (.+?)(?: +#.*)?$", TEXT, re.MULTILINE)]


def test_the_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(code, "sweeps.md", "exec"), {})
    assert "seed-2" in capsys.readouterr().out


@pytest.mark.parametrize("words", [c for c in COMMANDS if c[0] == "sweep"], ids=" ".join)
def test_the_sweeps_are_understood(words: list[str], tmp_path: Path) -> None:
    pytest.importorskip("ray")
    arguments = words[1:]
    for option in ("--address", "--out"):
        if option in arguments:
            del arguments[(at := arguments.index(option)) : at + 2]
    with pytest.raises(ConfigError, match=r"Nothing answers at 127\.0\.0\.1:1"):
        sweep.main([*arguments, "--address", "127.0.0.1:1", "--out", str(tmp_path / "x")])


def test_the_training_is_understood() -> None:
    (words,) = [c[1:] for c in COMMANDS if c[0] == "train"]
    document = configuration(parse(words)).to_dict()
    assert document["learner"]["ray_workers"] == 8 and document["learner"]["population"] == 64
