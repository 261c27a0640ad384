"""The tutorial runs as it stands."""

import re
from pathlib import Path

import pytest


def test_the_tutorial_s_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[3] / "docs/tutorials/ros.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(code, "ros.md", "exec"), {})
    assert "(11,) numbers" in capsys.readouterr().out
