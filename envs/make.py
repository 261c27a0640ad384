"""What Gymnasium calls for a registered id: from a task's name and options to an environment."""

import dataclasses
import importlib
from typing import TYPE_CHECKING, Any

from innervate.errors import UnknownNameError

from . import gl
from .registry import TASKS

if TYPE_CHECKING:
    from .single import BodyEnv
    from .vector import BodyVectorEnv
    from .world import World


def make_world(task: str, **options: Any) -> "World":
    """The world of a registered task. Raises `UnknownNameError` for a task or an option that does not exist."""
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    entry = TASKS[task]
    known = [field.name for field in dataclasses.fields(entry.options)]
    for name in options:
        if name not in known:
            raise UnknownNameError(f"option of {entry.id}", name, known)
    module, _, function = entry.world.partition(":")
    return getattr(importlib.import_module(module), function)(entry.options(**options))


def make_single(
    *, task: str, render_mode: str | None = None, width: int = 640, height: int = 480, **options: Any
) -> "BodyEnv":
    """`gymnasium.make`: see `BodyEnv` for the arguments, and the task's options for the rest."""
    gl.prepare(render=render_mode is not None)
    from .single import BodyEnv

    return BodyEnv(make_world(task, **options), render_mode=render_mode, width=width, height=height)


def make_vector(*, task: str, num_envs: int = 1, render_mode: str | None = None, **arguments: Any) -> "BodyVectorEnv":
    """`gymnasium.make_vec`: see `BodyVectorEnv` for the arguments, and the task's options for the rest."""
    gl.prepare(render=render_mode is not None)
    from .vector import BodyVectorEnv

    options = {f.name: arguments.pop(f.name) for f in dataclasses.fields(TASKS[task].options) if f.name in arguments}
    return BodyVectorEnv(make_world(task, **options), num_envs, render_mode=render_mode, **arguments)
