"""The tutorial runs as it stands."""

import re
from pathlib import Path

import pytest

from innervate.envs.sight.gl import probe

pytestmark = pytest.mark.slow


def test_the_tutorial_s_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    if "ok" not in probe().values():
        pytest.skip("no OpenGL library here can render a frame")
    text = (Path(__file__).parents[3] / "docs/tutorials/fields.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(code, "fields.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 5
    assert float(said[0].split()[1]) > 22 and float(said[1].split()[2]) < 5 and float(said[4].split()[0]) < 10
