"""The tutorial runs as it stands."""

import re
from pathlib import Path

import pytest

pytest.importorskip("numba")


def test_the_tutorial_s_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[3] / "docs/tutorials/motion.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(code, "motion.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 3
