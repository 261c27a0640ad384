"""What the documents say is what the program does."""

import json
import re
from pathlib import Path

import pytest

import innervate
from innervate.agents.learner import METRICS, LearnerConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.agents.learners.ppo import PPOConfig
from innervate.agents.learners.sac import SACConfig
from innervate.agents.registry import LEARNERS, metrics_of

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("learner", "steps"),
    [
        (CMAConfig(population=4), 8000),
        (PPOConfig(num_envs=2, rollout_steps=500, batch_size=100, epochs=1), 3000),
        (SACConfig(num_envs=2, warm_up=2000, batch_size=16, updates_per_step=0.5), 2400),
    ],
)
def test_every_logged_metric_is_defined(learner: LearnerConfig, steps: int, tmp_path: Path) -> None:
    defined = METRICS.keys() | metrics_of(LEARNERS.name_of(learner)).keys()
    evaluation = innervate.EvaluationConfig(every_steps=1000, episodes=2)
    run = innervate.train(
        "navigate", controller="ncap", learner=learner, steps=steps, out=tmp_path / "r", evaluation=evaluation
    )
    logged = {name for record in run.progress() for name in record}
    assert logged <= defined
    assert {"steps", "rollout/return", "eval/return", "eval/success"} <= logged


def test_the_readmes_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[0]
    assert "400_000" in code
    assert len(code.strip().splitlines()) <= 14
    exec(compile(code.replace("400_000", "30_000"), "README.md", "exec"), {})
    stored = json.loads((tmp_path / "runs/worm/evaluation.json").read_text())
    assert stored["episodes"] == 10
