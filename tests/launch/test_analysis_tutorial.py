"""The tutorial on analysis: its Python runs, its commands and methods exist, its picture is there."""

import re
import shlex
from pathlib import Path

import pytest

from innervate.launch.analysis.method import METHODS
from innervate.launch.commands._catalogues import COMMANDS

PAGE = Path(__file__).parents[2] / "docs/tutorials/analysis.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_python_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(code, "analysis.md", "exec"), {"folder": tmp_path})
    said = capsys.readouterr().out
    assert len(re.findall(r"^state \d", said, re.MULTILINE)) == 4 and "held out" in said
    assert {path.name for path in tmp_path.iterdir()} == {"analysis_states.png", "analysis_states.npz"}


def test_its_commands_and_methods_exist() -> None:
    lines = [shlex.split(line, comments=True) for line in re.findall(r"^    innervate (.+)$", TEXT, re.MULTILINE)]
    assert len(lines) >= 4
    for name, *words in lines:
        assert name in COMMANDS
        if "--with" in words:
            given = words[words.index("--with") + 1 :]
            asked = given[: next((i for i, w in enumerate(given) if w.startswith("--")), len(given))]
            assert asked and set(asked) <= set(METHODS)


def test_its_pictures_are_there() -> None:
    pictures = re.findall(r"!\[.+\]\((.+)\)", TEXT)
    assert pictures and all((PAGE.parent / picture).exists() for picture in pictures)
