"""What a learner is: it turns experience into parameters, and can be stopped and resumed between two iterations."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import Tensor

from ..controllers import Controller, ControllerConfig
from .sense import SenseConfig

__all__ = ["METRICS", "Learner", "LearnerConfig", "Metrics", "Progress", "Setting", "Snapshot", "WorldConfig"]


@dataclass(frozen=True, kw_only=True)
class WorldConfig:
    """An environment and its options."""

    id: str
    """Gymnasium id (also `module:id`), the short name of one of innervate's tasks, or a file: `my_world.py:Reach`."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Keyword arguments of the environment."""
    senses: tuple[SenseConfig, ...] = ()
    """What stands between the body and the circuit, in this order; each may read what those before it give."""
    action_limit: float | None = None
    """Largest action, for an environment that does not bound its own; None for one that does."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A learner between two iterations."""

    steps: int
    """Environment steps so far, over all environments."""
    iteration: int
    metrics: Mapping[str, float]
    """Named figures of the iteration; `METRICS` of the learner's file defines each."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Everything a learner needs to go on as if it had never stopped."""

    model: Mapping[str, Tensor]
    """`controller.*`, and what else inference or training needs (`critic.*`), normalisers included."""
    optimizer: Mapping[str, Tensor | np.ndarray]
    """Optimiser moments, search history, and the environments' state under `env.*`."""
    rng: Mapping[str, Any]
    """Random generators and counters, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What every learner is given."""

    world: WorldConfig
    controller: ControllerConfig
    steps: int
    """Budget of environment steps; a learner finishes the iteration in which it is spent."""
    seed: int
    threads: int
    """Physics threads."""
    callbacks: tuple[Any, ...] = ()
    """Of stable-baselines3 (`BaseCallback`), for learners that run one of its algorithms."""


Metrics = Mapping[str, tuple[str, str]]
"""Name of a logged figure to its unit and what it means."""

METRICS: Metrics = {
    "steps": ("environment steps", "spent so far, over all environments"),
    "iteration": ("", "generations, or rollouts with their updates, so far"),
    "rollout/return": ("", "mean return of training episodes: of this generation, or of the last 100 episodes"),
    "rollout/length": ("control steps", "mean length of those episodes"),
    "eval/return": ("", "mean return of deterministic episodes on validation seeds, neither trained on nor held out"),
    "eval/return_sd": ("", "standard deviation over those episodes"),
    "eval/success": ("fraction", "episodes in which the task's own physical goal was met, where it has one"),
}
"""What every run logs; a learner's file has METRICS of its own beside."""


class Learner(ABC):
    """A learner at work on one controller."""

    controller: Controller

    @abstractmethod
    def train(self, on_iteration: Callable[[Progress], None]) -> None:
        """Spend the rest of the budget, calling back after every iteration; `snapshot` is valid inside the call."""

    def iteration_steps(self) -> int | None:
        """Environment steps of one iteration, at most: what a budget is spent in; None where it may end anywhere."""
        return None

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """The present state."""

    @abstractmethod
    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a state that `snapshot` returned, in a learner built from the same setting."""

    @abstractmethod
    def close(self) -> None:
        """Free the environments."""


@runtime_checkable
class LearnerConfig(Protocol):
    """A frozen dataclass that builds one kind of learner."""

    def build(self, setting: Setting) -> Learner:
        """The learner, with its controller freshly initialised from the setting's seed."""
        ...

    def tiny(self) -> "tuple[LearnerConfig, int]":
        """The same learner with budgets of seconds, and the environment steps of two or three of its iterations."""
        ...
