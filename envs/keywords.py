"""What an environment can be asked for: the keyword arguments of its class, read from signatures."""

import dataclasses
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec, load_env_creator

from innervate.errors import ConfigError, UnknownNameError

from .registry import TaskEntry, entry_of

__all__ = ["TIME_LIMIT", "Keywords", "keywords_of", "task_of"]

TIME_LIMIT = "max_episode_steps"
"""Gymnasium's own argument, which every environment has."""
_OF_PICTURES = ("render_mode", "width", "height", "camera_id", "camera_name")
_MISSING = dataclasses.MISSING


@dataclass(frozen=True)
class Keywords:
    """Keyword arguments with their defaults; `dataclasses.MISSING` for one that must be given."""

    defaults: Mapping[str, Any]
    open: bool
    """Whether it takes arguments that it does not name."""

    def check(self, id_: str, options: Mapping[str, Any]) -> None:
        """Raise `UnknownNameError` for an option that there is not, `ConfigError` for a time limit that is none."""
        known = [*self.defaults, TIME_LIMIT]
        for name in options:
            if name not in known and name not in _OF_PICTURES and not self.open:
                raise UnknownNameError(f"option of {id_}", name, known)
        limit = options.get(TIME_LIMIT)
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise ConfigError(
                f"{TIME_LIMIT} of {id_} is a whole number of control steps, 1 or more, after which an episode is cut; "
                f"{limit!r} came."
            )


def task_of(id_: str) -> TaskEntry | None:
    """The task behind an id, where it is one of innervate's kind."""
    spec = gym.spec(id_)
    task = spec.kwargs.get("task")
    ours = spec.entry_point == "innervate.envs.engine.make:make_single"
    return entry_of(task) if ours and isinstance(task, str) else None


def keywords_of(id_: str) -> Keywords:
    """What the environment of an id can be asked for. Raises `ConfigError` where its package is missing."""
    entry = task_of(id_)
    if entry is not None:
        # The engine's own arguments (`randomisation`, ...) are taken too, and checked where they are used.
        return Keywords({f.name: _default(f) for f in dataclasses.fields(entry.options)}, open=True)
    spec = gym.spec(id_)
    defaults, more = _signature(_creator(spec))
    return Keywords({**defaults, **{k: v for k, v in spec.kwargs.items() if k in defaults or more}}, open=more)


def _default(field: "dataclasses.Field[Any]") -> Any:
    return field.default_factory() if field.default_factory is not _MISSING else field.default


def _creator(spec: EnvSpec) -> Any:
    entry: Any = spec.entry_point or spec.vector_entry_point
    if not isinstance(entry, str):
        return entry
    try:
        return load_env_creator(entry)
    except (ImportError, AttributeError, gym.error.Error) as error:
        raise ConfigError(f"{spec.id} cannot be loaded: {error}. Install the package that has it.") from error


def _signature(creator: Any) -> tuple[dict[str, Any], bool]:
    """Names with defaults, and whether others are taken; of a class also those that it hands on to its parents."""
    found: dict[str, Any] = {}
    for kind in inspect.getmro(creator) if isinstance(creator, type) else (creator,):
        own: Any = vars(kind).get("__init__") if isinstance(kind, type) else kind
        if own is None:
            continue
        try:
            parameters = list(inspect.signature(own).parameters.values())
        except (TypeError, ValueError):
            return found, True
        if isinstance(kind, type):
            parameters = parameters[1:]  # self
        for p in parameters:
            handed_on = kind is not creator and p.default is p.empty  # what a parent needs, its child gives
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name not in _OF_PICTURES and not handed_on:
                found.setdefault(p.name, _MISSING if p.default is p.empty else p.default)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            return found, False
        if kind is object:
            break
    return found, True
