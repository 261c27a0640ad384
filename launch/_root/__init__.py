"""innervate: nervous systems for simulated bodies, and the bridge that carries them to robots.

Importing it registers the environments (by string) and nothing else: no torch, no mujoco. `train`, `evaluate` and the
configurations that they take are imported when they are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from innervate.envs.registry import register_all
from innervate.moved import install

if TYPE_CHECKING:
    from innervate.agents.learner import WorldConfig
    from innervate.controllers.agent import load
    from innervate.launch.run.adoption import adopt
    from innervate.launch.run.config import EvaluationConfig
    from innervate.launch.run.evaluation import evaluate_run as evaluate
    from innervate.launch.run.training import train

__all__ = ["EvaluationConfig", "WorldConfig", "adopt", "evaluate", "load", "train"]

_LAZY = {
    "adopt": ("innervate.launch.run.adoption", "adopt"),
    "train": ("innervate.launch.run.training", "train"),
    "evaluate": ("innervate.launch.run.evaluation", "evaluate_run"),
    "load": ("innervate.controllers.agent", "load"),
    "EvaluationConfig": ("innervate.launch.run.config", "EvaluationConfig"),
    "WorldConfig": ("innervate.agents.experience.worlds", "WorldConfig"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("innervate")
    if name not in _LAZY:
        raise AttributeError(f"module 'innervate' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    return getattr(importlib.import_module(module), attribute)


def _register_robot() -> None:
    """A robot as an environment; it lives with the bridge, which the room of the other environments does not know."""
    import gymnasium

    if "innervate/Ros-v0" not in gymnasium.registry:
        gymnasium.register(id="innervate/Ros-v0", entry_point="innervate.launch.ros.session.environment:RosEnv")


install()
register_all()
_register_robot()
