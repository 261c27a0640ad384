"""Controllers by name, for the command line and for saved runs: the files of `circuits/`, and what others bring."""

import sys
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch

from innervate.configurations import Configurations
from innervate.signals import Channel

from .controller import Controller
from .spec import ControllerSpec

__all__ = ["CONTROLLERS", "WORM", "ControllerConfig", "example_body"]


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


def example_body(name: str) -> ControllerSpec:
    """A body that a registered controller can drive: EXAMPLE of its file, or a short worm that chases a target."""
    return getattr(sys.modules[CONTROLLERS[name].__module__], "EXAMPLE", WORM)


WORM = ControllerSpec(
    observations=(Channel("joint_angle", 4, "rad", 1.0), Channel("body_velocity", 15), Channel("target", 2)),
    action_size=4,
    control_step_s=0.03,
)
