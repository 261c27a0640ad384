"""Learners by name, for the command line and for saved runs: the files of `learners/`, and what others bring."""

import sys
from pathlib import Path

from innervate.configurations import Configurations

from .learner import LearnerConfig, Metrics

__all__ = ["LEARNERS", "example_of", "metrics_of"]

LEARNERS: Configurations[LearnerConfig] = Configurations(
    "learner",
    group="innervate.learners",
    package="innervate.agents.learners",
    folder=Path(__file__).parent / "learners",
    contract=LearnerConfig,
)


def metrics_of(name: str) -> Metrics:
    """What a learner logs beside what every run does: METRICS of its file, or of the module that has its class."""
    module = sys.modules[LEARNERS[name].__module__]
    return getattr(module, "METRICS", {})


def example_of(name: str) -> tuple[str, str]:
    """A task and a controller that a learner can train: EXAMPLE of its file, or the swimmer's net."""
    return getattr(sys.modules[LEARNERS[name].__module__], "EXAMPLE", ("swim", "mlp"))
