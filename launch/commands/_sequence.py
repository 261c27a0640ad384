"""`--sequence` and `--keep`: tasks of the arm in a row, and what keeps the earlier ones."""

from dataclasses import replace
from typing import Any

from innervate.agents.keeper import KEEPERS
from innervate.agents.registry import example_of
from innervate.errors import ConfigError

LEARNER = "continual"


def example() -> tuple[str, str]:
    """The task and the circuit of a sequence that names none."""
    return example_of(LEARNER)


def check_learner(learner: str | None) -> None:
    """Raises `ConfigError` for one that learns no sequences."""
    if learner not in (None, LEARNER):
        raise ConfigError(f"A sequence with a keeper is learned by the learner {LEARNER}; {learner!r} was asked for.")


def in_a_row(learner: Any, sequence: str | None, keep: str | None) -> Any:
    """The learner with these tasks and this keeper."""
    if sequence:
        learner = replace(learner, tasks=tuple(sequence.split(",")))
    if keep and not isinstance(learner.keep, KEEPERS[keep]):
        learner = replace(learner, keep=KEEPERS[keep]())
    return learner
