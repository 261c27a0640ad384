"""A small trained run to be damaged."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.launch.run.config import EvaluationConfig, RunConfig
from innervate.launch.run.training import train

torch.set_num_threads(1)

QUIET = EvaluationConfig(every_steps=0)
WORLD = WorldConfig(id="innervate/Swim-v0", options={"n_links": 3})


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of one generation."""
    out = tmp_path_factory.mktemp("runs") / "small"
    train(WORLD, controller="ncap", learner=CMAConfig(population=4), steps=4000, out=out)
    return out


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of that run, free to be damaged."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture
def config() -> Callable[..., RunConfig]:
    """Configurations of tiny runs."""
    from innervate.controllers import CONTROLLERS

    def make(**options: object) -> RunConfig:
        base: dict[str, object] = {
            "world": WORLD, "controller": CONTROLLERS["ncap"](), "learner": CMAConfig(population=4),
            "steps": 8000, "evaluation": QUIET, "checkpoint_s": 0.0,
        }  # fmt: skip
        return RunConfig(**{**base, **options})  # pyright: ignore[reportArgumentType]

    return make
