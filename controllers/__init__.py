"""Nervous systems: `(obs, state) -> (action, state)`."""

from .controller import Controller
from .registry import CONTROLLERS, ControllerConfig
from .spec import ControllerSpec, Obs, Port, State

__all__ = ["CONTROLLERS", "Controller", "ControllerConfig", "ControllerSpec", "Obs", "Port", "State"]
