"""Nervous systems: `(obs, state) -> (action, state)`."""

import warnings
from typing import Any

from innervate.signals import Channel

from .controller import Controller
from .registry import CONTROLLERS, ControllerConfig
from .spec import ControllerSpec, Obs, State

__all__ = ["CONTROLLERS", "Controller", "ControllerConfig", "ControllerSpec", "Obs", "State"]


def __getattr__(name: str) -> Any:
    if name == "Port":
        warnings.warn(f"{__name__}.Port is now innervate.signals.Channel.", DeprecationWarning, stacklevel=2)
        return Channel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
