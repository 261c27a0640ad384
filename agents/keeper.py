"""What protects earlier tasks while another is learned: its contract, and the methods by name."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.configurations import Configurations
from innervate.errors import ConfigError

__all__ = [
    "KEEPERS",
    "Activity",
    "Data",
    "Grads",
    "Keeper",
    "KeeperConfig",
    "Learned",
    "layered",
    "linear_layers",
    "unlayered",
]

Grads = dict[str, Tensor]
"""Gradients by the name of the parameter."""
Activity = Mapping[str, Float[Tensor, "row input"]]
"""What each linear layer was given since the last step, by its name, with a last column of 1 where it has a bias."""
Data = tuple[Tensor, ...]
"""Samples: tensors with one leading axis."""


@dataclass(frozen=True)
class Learned:
    """What is at hand of a task when it ends."""

    data: Data
    """Samples of it."""
    loss: Callable[[Data], Tensor]
    """Mean loss of the model as it is now on some of them."""
    activity: Callable[[Data], dict[str, Tensor]]
    """What its linear layers are given by them, as `Activity`."""


class Keeper(ABC):
    """Changes how a learner writes, so that what it wrote for earlier tasks stays.

    Its calls go round: `begin_task`, `transform` before each step of the optimiser, `end_task`. What it remembers from
    one to the next is in `tensors`, by which it is saved and resumed bit for bit.
    """

    reads_activity = False
    """Whether `transform` needs the activity; others are given none."""
    takes_momentum = True
    """Whether the optimiser may have momentum; a method that is an optimiser itself has its own."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.task = 0

    def parameters(self) -> dict[str, nn.Parameter]:
        """Those of the model that learn, by name."""
        return {name: p for name, p in self.model.named_parameters() if p.requires_grad}

    def begin_task(self, task: int) -> None:
        """Task number `task` begins; the first is 0."""
        self.task = task

    @abstractmethod
    def transform(self, grads: Grads, activity: Activity) -> Grads:
        """The gradients that the optimiser steps along."""

    @abstractmethod
    def end_task(self, learned: Learned) -> None:
        """Remember what must stay of this task."""

    def also(self, count: int) -> Data | None:
        """Samples of earlier tasks to learn from beside so many new ones; None where none are kept."""
        del count
        return None

    @property
    def floats(self) -> int:
        """How many numbers it remembers."""
        return sum(tensor.numel() for tensor in self.tensors().values())

    def tensors(self) -> dict[str, Tensor]:
        """All that it remembers, by name."""
        return {}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Remember what `tensors` gave."""
        del tensors


@runtime_checkable
class KeeperConfig(Protocol):
    """A frozen dataclass that builds one kind of keeper."""

    def build(self, model: nn.Module, rng: np.random.Generator) -> Keeper:
        """The keeper of that model; all that it draws comes from `rng`."""
        ...


def linear_layers(model: nn.Module, method: str) -> dict[str, nn.Linear]:
    """The linear layers of a model that learn, by name.

    Raises:
        ConfigError: other parameters learn too, which a projection of what layers are given could not protect.
    """
    layers = {name: m for name, m in model.named_modules() if isinstance(m, nn.Linear) and m.weight.requires_grad}
    covered = {f"{name}.{part}" for name in layers for part in ("weight", "bias")}
    if rest := [name for name, p in model.named_parameters() if p.requires_grad and name not in covered]:
        raise ConfigError(
            f"{method} protects linear layers by what they are given; {', '.join(rest)} would learn unprotected. Keep "
            "this circuit by ewc or replay, or take one of linear layers (mlp, recurrent)."
        )
    return layers


def layered(grads: Grads, layers: Mapping[str, nn.Linear]) -> dict[str, Float[Tensor, "output input"]]:
    """The gradient of each layer as one matrix, that of its bias the last column."""
    found: dict[str, Tensor] = {}
    for name, layer in layers.items():
        weight = grads[f"{name}.weight"]
        bias = [] if layer.bias is None else [grads[f"{name}.bias"].unsqueeze(1)]  # pyright: ignore[reportUnnecessaryComparison]
        found[name] = torch.cat([weight, *bias], 1)
    return found


def unlayered(matrices: Mapping[str, Tensor], layers: Mapping[str, nn.Linear]) -> Grads:
    """What `layered` put together, apart again."""
    grads: Grads = {}
    for name, matrix in matrices.items():
        inputs = layers[name].in_features
        grads[f"{name}.weight"] = matrix[:, :inputs]
        if matrix.shape[1] > inputs:
            grads[f"{name}.bias"] = matrix[:, inputs]
    return grads


KEEPERS: Configurations[KeeperConfig] = Configurations(
    "keeper of earlier tasks",
    group="innervate.keepers",
    package="innervate.agents.continual",
    folder=Path(__file__).parent / "continual",
    contract=KeeperConfig,
)
"""By name: the files of `continual/`, and what others bring."""
