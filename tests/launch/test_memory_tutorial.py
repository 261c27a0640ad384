"""The tutorial on memory: its Python runs and says what the page claims, its pictures are there."""

import re
from pathlib import Path

import pytest

from innervate.controllers.memories import MEMORIES

PAGE = Path(__file__).parents[2] / "docs/tutorials/memory.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_python_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile("\n".join(blocks), "memory.md", "exec"), {"folder": tmp_path})
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("[3] 1.0 ") and said[-2:] == ["[0, 1, 2]", "[3, 1, 4]"]
    for line in said[1:-2]:
        assert re.fullmatch(r"[a-z0-9-]+ \[1\.0, 1\.0, 1\.0, .+\]", line)  # below what they state
    assert len(said) == 6
    assert {path.name for path in tmp_path.iterdir()} == {"memory_raster.png", "memory_capacity.png"}


def test_it_names_every_memory_and_its_pictures_are_there() -> None:
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", TEXT, re.MULTILINE)) == set(MEMORIES)
    pictures = re.findall(r"!\[.+\]\((.+)\)", TEXT)
    assert len(pictures) == 2 and all((PAGE.parent / picture).exists() for picture in pictures)
