"""What a learner is: it turns experience into parameters, and can be stopped and resumed between two iterations."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import Tensor

from ..controllers import Controller, ControllerConfig
from .worlds import WorldConfig


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A learner between two iterations."""

    steps: int
    """Environment steps so far, over all environments."""
    iteration: int
    metrics: Mapping[str, float]
    """Named figures of the iteration; docs/metrics.md defines each."""


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


class Learner(ABC):
    """A learner at work on one controller."""

    controller: Controller

    @abstractmethod
    def train(self, on_iteration: Callable[[Progress], None]) -> None:
        """Spend the rest of the budget, calling back after every iteration; `snapshot` is valid inside the call."""

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
