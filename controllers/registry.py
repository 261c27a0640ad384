"""Controllers by name, for the command line and for saved runs: the files of `circuits/`, and what others bring."""

from pathlib import Path
from typing import Protocol, runtime_checkable

import torch

from innervate.configurations import Configurations

from .controller import Controller
from .spec import ControllerSpec


@runtime_checkable
class ControllerConfig(Protocol):
    """A frozen dataclass that builds one kind of controller."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> Controller:
        """The controller for a body, its random initial weights drawn from `generator`."""
        ...


CONTROLLERS: Configurations[ControllerConfig] = Configurations(
    "controller",
    group="innervate.controllers",
    package="innervate.controllers.circuits",
    folder=Path(__file__).parent / "circuits",
    contract=ControllerConfig,
)
