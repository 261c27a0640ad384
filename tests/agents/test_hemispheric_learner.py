"""The front door of hemispheric training: what is learned on the twin holds in MuJoCo; what cannot be is said."""

from pathlib import Path

import pytest

import innervate
from innervate.agents.learner import Setting, WorldConfig
from innervate.agents.learners.hemispheric import HemisphericConfig
from innervate.controllers.circuits.bilateral import BilateralConfig
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.errors import ConfigError
from innervate.launch.run.evaluation import untrained


@pytest.mark.slow
def test_what_is_learned_on_the_twin_is_worth_it_in_mujoco(tmp_path: Path) -> None:
    learner = HemisphericConfig(batch=16, trial_steps=40, learning_rate=3e-3)
    run = innervate.train("reach", controller=BilateralConfig(), learner=learner, steps=25_600, out=tmp_path / "run")
    result = innervate.evaluate(run.path, 20)
    before = untrained(WorldConfig(id="reach"), BilateralConfig(), result.seeds).mean()
    assert result.episodes.returns.mean() > before + 0.1 * abs(before)


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (WorldConfig(id="swim"), "no differentiable twin; .*Reach"),
        (WorldConfig(id="reach", options={"go_s": 0.2}), "does not know go_s"),
    ],
)
def test_what_the_twin_cannot_do_is_told(world: WorldConfig, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        HemisphericConfig().build(Setting(world=world, controller=BilateralConfig(), steps=100, seed=0, threads=1))


def test_a_controller_without_hemispheres_is_sent_elsewhere() -> None:
    setting = Setting(world=WorldConfig(id="reach"), controller=MLPConfig(), steps=100, seed=0, threads=1)
    with pytest.raises(ConfigError, match="--controller bilateral"):
        HemisphericConfig().build(setting)
