"""Environments by any name: a task's, a Gymnasium id, `module:id`, or a file that makes one.

A name of the last two kinds is all that a fresh process needs; `traceable` gives it.
"""

import difflib
import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec

from innervate.errors import ConfigError, UnknownNameError

from ..registry import BROUGHT, TASKS
from . import files, robots

_AT_HOME = ("innervate", "gymnasium", "shimmy")
"""Packages whose ids are known as soon as innervate is imported."""
_importing: list[str] = []


def environment_id(name: str) -> str:
    """The id under which Gymnasium knows what a name stands for; a module or a file that it names is imported.

    Raises:
        UnknownNameError: nothing has that name.
        ConfigError: the module or the file is not there, cannot be imported, or does not have what is named.
    """
    if name in TASKS:
        return TASKS[name].id
    if name in gym.registry:
        return name
    robot = robots.path_of(name)
    if robot is not None:
        return robots.registered(name, robot)
    path, attribute = files.parsed(name)
    if path is not None:
        with _import_of(str(path)):
            return files.registered(path, attribute)
    module, colon, id_ = name.rpartition(":")
    if colon:
        return _of_module(module, id_)
    known = [*TASKS, *gym.registry]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    raise UnknownNameError("task", name, {*near, *TASKS}, _ways_out(name))


def spec_of(name: str) -> EnvSpec:
    """What Gymnasium was told of the environment of that name."""
    return gym.spec(environment_id(name))


def importing() -> str:
    """The module or file that is being imported for the sake of an environment in it; empty for none."""
    return _importing[-1] if _importing else ""


def traceable(name: str) -> str:
    """The name by which another process finds the same environment: with its module, or the file's whole path.

    The name itself where no module is known, as for what was typed at a prompt.
    """
    if name not in gym.registry and name.endswith(robots.SUFFIXES):
        return str(Path(name).resolve())
    path, attribute = files.parsed(name)
    if name not in gym.registry and path is not None:
        return f"{path.resolve()}{':' if attribute else ''}{attribute}"
    if ":" in name or name in TASKS:
        return name
    module = _module_of(gym.spec(name))
    return f"{module}:{name}" if module else name


def _ways_out(name: str) -> str:
    if "/" not in name and not name[:1].isupper():
        return ""
    return (
        f" An environment of your own is named with the module that registers it, MODULE:{name}, and the module must be"
        " importable here (PYTHONPATH)."
    )


@contextmanager
def _import_of(what: str) -> Generator[None]:
    _importing.append(what)
    try:
        yield
    finally:
        _importing.pop()


def _of_module(module: str, id_: str) -> str:
    if id_ in TASKS:
        return TASKS[id_].id
    there = gym.registry.get(id_)
    if there is None or _module_of(there) != module:  # a module that has registered it is not imported once more
        with _import_of(module):
            try:
                importlib.import_module(module)
            except ModuleNotFoundError as error:
                missing = error.name or module
                raise ConfigError(
                    f"The module {module!r}, which registers {id_!r}, cannot be imported: there is no module "
                    f"{missing!r} here. Install it, or put its folder on PYTHONPATH."
                ) from error
            except Exception as error:
                if id_ not in gym.registry:  # it may fail after it has registered: a script that goes on to train
                    raise ConfigError(
                        f"The module {module!r}, which registers {id_!r}, cannot be imported: "
                        f"{type(error).__name__}: {error}."
                    ) from error
    if id_ not in gym.registry:
        own = [known for known, spec in gym.registry.items() if _module_of(spec).split(".")[0] == module.split(".")[0]]
        raise UnknownNameError(f"environment registered by the module {module!r}", id_, own)
    return id_


def _module_of(spec: EnvSpec) -> str:
    """The module whose import registers an environment; empty for one that needs none, or none that is known."""
    entry: Any = spec.entry_point or spec.vector_entry_point
    task = spec.kwargs.get("task")
    if task in BROUGHT:
        return ""
    if isinstance(task, str) and spec.id.startswith("user/") and task in TASKS:
        entry = TASKS[task].world
    module = entry.partition(":")[0] if isinstance(entry, str) else getattr(entry, "__module__", None) or ""
    if module.split(".")[0] in (*_AT_HOME, "builtins"):
        return ""
    if module == "__main__":  # a script: importable by its file's name, from its folder
        script = getattr(sys.modules["__main__"], "__file__", None)
        stem = Path(script).stem if script else ""
        return stem if stem.isidentifier() else ""
    return module
