"""Worlds and environments from a Python file of one's own: `my_world.py:Reach`."""

import dataclasses
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import gymnasium as gym

from innervate.errors import ConfigError, InnervateError, UnknownNameError
from innervate.registry import public_things

from ..registry import NoOptions, TaskEntry, bring_entry, camel

if TYPE_CHECKING:
    from ..world import World

EPISODE_STEPS = 1000
"""Control steps of an episode where a file does not say `EPISODE_STEPS`."""


def parsed(name: str) -> tuple[Path | None, str]:
    """The file and what of it is meant (empty: the one thing there is), or None for a name of another kind."""
    left, colon, right = name.rpartition(":")
    if colon and left.endswith(".py"):
        return Path(left), right
    return (Path(name), "") if name.endswith(".py") else (None, "")


def registered(path: Path, attribute: str) -> str:
    """Import a file and register what it has, as `file/Name-v0`; returns the id.

    Raises:
        ConfigError: there is no such file, it cannot be imported, or it has no world, or several and none is named.
        UnknownNameError: it has nothing of that name.
    """
    if not path.is_file():
        raise ConfigError(f"There is no file {path}.")
    module = _module(path.resolve())
    name, thing = _found(module, path, attribute)
    id_ = f"{_word(path.stem)}/{camel(_word(name))}-v0"
    steps = getattr(module, "EPISODE_STEPS", None)
    if isinstance(thing, type) and issubclass(thing, gym.Env):
        gym.registry.pop(id_, None)
        gym.register(id=id_, entry_point=cast("Any", thing), max_episode_steps=steps)
    else:
        world = _function(thing, f"{path}:{name}")
        bring_entry(TaskEntry(id=id_, max_episode_steps=steps or EPISODE_STEPS, build=lambda: world))
    return id_


def _word(text: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in text)


def _module(path: Path) -> ModuleType:
    """The file as a module; its folder can be imported from, as by Python's own start of a script."""
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) == str(path) and module.__name__ != "__main__":
            return module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    name = path.stem
    if name in sys.modules or (spec := importlib.util.find_spec(name)) is None or spec.origin != str(path):
        name = f"{_word(str(path.parent))}_{path.stem}"  # another module has the short one
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except InnervateError:
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(f"{path} cannot be imported: {type(error).__name__}: {error}.") from error
    return module


def _found(module: ModuleType, path: Path, attribute: str) -> tuple[str, Any]:
    """What is meant, with its name: a `World`, what makes one, or a class of environments."""
    from ..task import Task
    from ..world import World

    worlds = {name: value for name, value in vars(module).items() if isinstance(value, World)}
    makers = {getattr(thing, "__name__", ""): thing for thing in public_things(module, _is_wanted)}
    known = {**worlds, **makers}
    if not attribute:
        if len(known) != 1:
            raise ConfigError(
                f"{path} has {len(known) or 'no'} worlds or environments"
                + (f" ({', '.join(known)}): name one, {path}:{next(iter(known))}." if known else f". {_WANTED}")
            )
        return next(iter(known.items()))
    if attribute in known:
        return attribute, known[attribute]
    thing = getattr(module, attribute, None)
    if isinstance(thing, type) and issubclass(thing, Task):
        of_task = {name: world for name, world in worlds.items() if isinstance(world.task, thing)}
        if len(of_task) == 1:
            return attribute, next(iter(of_task.values()))
        raise ConfigError(f"{attribute} of {path} is a Task, and of a Task alone no body is known. {_WANTED}")
    if callable(thing) and not isinstance(thing, type):  # it does not say what it returns
        return attribute, thing
    raise UnknownNameError(f"world in {path}", attribute, known)


_WANTED = "It should have a World, or a function that returns one: def reach() -> World: return World(BODY, Reach())."


def _is_wanted(thing: Any) -> bool:
    """Whether something makes a world, or is a class of environments."""
    from ..world import World

    if isinstance(thing, type):
        return issubclass(thing, (World, gym.Env))
    made = inspect.signature(thing).return_annotation if inspect.isfunction(thing) else None
    return made is World or made == "World"


def _function(thing: Any, where: str) -> "Callable[..., World]":
    """A function from one dataclass of options, or from nothing, to the world; keyword arguments become options."""
    from ..world import World

    if isinstance(thing, World):

        def given() -> World:
            return thing

        return given
    parameters = [p for p in inspect.signature(thing).parameters.values() if p.kind is not p.VAR_KEYWORD]
    if not parameters:
        return _checked(thing, where, unpacked=False, options=NoOptions)
    kind = inspect.get_annotations(thing, eval_str=True).get(parameters[0].name) if inspect.isfunction(thing) else None
    if len(parameters) == 1 and dataclasses.is_dataclass(kind):
        return _checked(thing, where, unpacked=False, options=cast("type", kind))
    if needed := [p.name for p in parameters if p.default is p.empty]:
        raise ConfigError(f"{where} should have a default for every argument; {', '.join(needed)} has none.")
    fields = [(p.name, Any, dataclasses.field(default=p.default)) for p in parameters]
    options = dataclasses.make_dataclass("Options", fields, frozen=True, kw_only=True)
    return _checked(thing, where, unpacked=True, options=options)


def _checked(thing: "Callable[..., Any]", where: str, *, unpacked: bool, options: type) -> "Callable[..., World]":
    from ..world import World

    def made(chosen: Any = None) -> World:
        if options is NoOptions:
            world = thing()
        elif unpacked:
            world = thing(**{f.name: getattr(chosen, f.name) for f in dataclasses.fields(options)})
        else:
            world = thing(chosen)
        if not isinstance(world, World):
            raise ConfigError(f"{where} gave {type(world).__name__}, not a World.")
        return world

    made.__annotations__ = {} if options is NoOptions else {"chosen": options}
    return made
