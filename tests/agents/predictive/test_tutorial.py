"""The tutorial runs as it stands."""

import re
from pathlib import Path

import pytest

from innervate.agents.predictive.asked import OBJECTIVES


@pytest.mark.slow
def test_the_tutorial_s_code_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).parents[3] / "docs/tutorials/prediction.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    exec(compile(code, "prediction.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"objectives: {', '.join(OBJECTIVES)}"
    terms = ("covariance", "negatives", "prediction", "variance")
    assert said[1] == f"terms: {', '.join(f'train/aux_{name}' for name in terms)}"
    assert re.fullmatch(r"predictor: \d+ parameters, saved with the policy", said[2])
    assert {name for name in OBJECTIVES if f"| `{name}` |" in text} == set(OBJECTIVES)
