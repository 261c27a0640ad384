"""Composed agents by name: the files of `brains/`, and what others bring."""

from pathlib import Path

from innervate.errors import UnknownNameError
from innervate.registry import Catalogue, picker

from ..controllers import CONTROLLERS, ControllerConfig
from ..controllers.circuits.brain import BrainConfig

__all__ = ["BRAINS", "controller_named"]

BRAINS: Catalogue[BrainConfig] = Catalogue(
    "brain",
    group="innervate.brains",
    package="innervate.agents.brains",
    folder=Path(__file__).parent / "brains",
    pick=picker("brain", lambda thing: isinstance(thing, BrainConfig), "BrainConfig"),
)
"""Values, not classes: an entry is a configured brain, and `--controller NAME` takes it."""


def controller_named(name: str) -> ControllerConfig:
    """A controller at its defaults, or a composed agent, by name. Raises `UnknownNameError` with the nearest."""
    if name in BRAINS and name not in CONTROLLERS:
        return BRAINS[name]
    if name not in CONTROLLERS:
        raise UnknownNameError("controller", name, [*CONTROLLERS, *BRAINS])
    return CONTROLLERS[name]()
