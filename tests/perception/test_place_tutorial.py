"""The tutorial runs as it stands."""

import re
from pathlib import Path

import pytest

pytest.importorskip("numba")

from innervate.envs.sight.gl import probe


def test_the_tutorial_s_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    if "ok" not in probe().values():
        pytest.skip("no OpenGL library here can render a frame")
    text = (Path(__file__).parents[2] / "docs/tutorials/places.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(code, "places.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 10
