"""What Gymnasium calls for a registered id: from a task's name and options to an environment."""

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

from innervate.errors import UnknownNameError

from ..registry import entry_of
from ..sight import gl

if TYPE_CHECKING:
    from ..world import World
    from .single import BodyEnv
    from .vector import BodyVectorEnv


def make_world(task: str, **options: Any) -> "World":
    """The world of a registered task. Raises `UnknownNameError` for a task or an option that does not exist."""
    entry = entry_of(task)
    known = [field.name for field in dataclasses.fields(entry.options)]
    for name in options:
        if name not in known:
            raise UnknownNameError(f"option of {entry.id}", name, known)
    # Gymnasium's specs travel as JSON, which has no tuples.
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    return entry.make_world(entry.options(**given))


def make_single(*, task: str, render_mode: str | None = None, **arguments: Any) -> "BodyEnv":
    """`gymnasium.make`: see `BodyEnv` for the arguments, and the task's options for the rest."""
    gl.prepare(render=render_mode not in (None, "human"))
    from .single import BodyEnv

    world, rest = _split(task, arguments, BodyEnv)
    return BodyEnv(world, render_mode=render_mode, **rest)


# Gymnasium reads these off the entry point, and then makes `rgb_array_list` and the like of the others.
setattr(make_single, "metadata", {"render_modes": ["rgb_array", "depth_array", "rgbd_tuple", "human"]})  # noqa: B010


def make_vector(*, task: str, num_envs: int = 1, render_mode: str | None = None, **arguments: Any) -> "BodyVectorEnv":
    """`gymnasium.make_vec`: see `BodyVectorEnv` for the arguments, and the task's options for the rest."""
    gl.prepare(render=render_mode is not None)
    from .vector import BodyVectorEnv

    world, rest = _split(task, arguments, BodyVectorEnv)
    return BodyVectorEnv(world, num_envs, render_mode=render_mode, **rest)


def _split(task: str, arguments: dict[str, Any], of: type) -> "tuple[World, dict[str, Any]]":
    """The world from those arguments that are not the environment's own, and the environment's own."""
    own = inspect.signature(of.__init__).parameters.keys() - {"self", "world", "num_envs", "render_mode"}
    rest = {name: value for name, value in arguments.items() if name in own}
    return make_world(task, **{name: value for name, value in arguments.items() if name not in own}), rest
