"""Options of an environment on the command line: `--env.*`, read from what it can be asked for."""

import ast
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, Any

import gymnasium as gym
import tyro
from tyro.constructors import PrimitiveConstructorSpec

from innervate.envs.keywords import TIME_LIMIT, keywords_of, task_of
from innervate.envs.randomisation import Randomisation
from innervate.errors import ConfigError, UnknownNameError

PREFIX = "--env."
VARIED = "randomisation"
"""The engine's own argument, which every task of innervate's and every brought robot has."""


@dataclass(frozen=True)
class Unset:
    """Stands for an option that was not given and has no default that can be shown."""

    shown: str = "unset"


UNSET = Unset()


def value_of(text: str) -> Any:
    """A value as written in Python (a list becomes a tuple), or the text itself."""
    try:
        return _frozen(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def _primitive(default: Any) -> Any:
    """A type for tyro: one word, whose value must be of the default's kind."""

    def read(words: list[str]) -> Any:
        value = words[0] if isinstance(default, str) else value_of(words[0])
        number = isinstance(default, (int, float)) and not isinstance(default, bool)
        if isinstance(default, bool) and not isinstance(value, bool):
            raise ValueError(f"True or False is expected, not {words[0]!r}")
        if number and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise ValueError(f"a number is expected, not {words[0]!r}")
        return value

    return Annotated[
        Any,
        PrimitiveConstructorSpec(
            nargs=1,
            metavar="VALUE",
            instance_from_str=read,
            is_instance=lambda _: True,
            str_from_instance=lambda value: [value.shown if isinstance(value, Unset) else str(value)],
        ),
    ]


def environment_options(id_: str, argv: Sequence[str]) -> Any:
    """Defaults of all that an environment can be asked for, as an instance of a dataclass for tyro.

    Raises `UnknownNameError` for an `--env.` word in `argv` that asks for something else.
    """
    keywords, task = keywords_of(id_), task_of(id_)
    limit = gym.spec(id_).max_episode_steps
    kind = Annotated[
        int | None,
        tyro.conf.arg(help=f"Control steps after which an episode is cut (by default {limit or 'as it ends itself'})."),
    ]
    asked = [word.partition("=")[0].removeprefix(PREFIX).replace("-", "_") for word in argv if word.startswith(PREFIX)]
    asked = [name.removeprefix("no_") if name not in keywords.defaults else name for name in asked]
    known = [*keywords.defaults, TIME_LIMIT, *([VARIED] if task is not None else [])]
    for name in asked:
        if name.partition(".")[0] not in known and (task is not None or not keywords.open):
            raise UnknownNameError(f"option of {id_}", name, known)
    parts: list[Any] = [] if TIME_LIMIT in keywords.defaults else [(TIME_LIMIT, kind, None)]
    if task is not None:
        if VARIED not in keywords.defaults:
            parts.append((VARIED, Randomisation, Randomisation()))
        return make_dataclass("env", parts, bases=(task.options,), frozen=True, kw_only=True)()
    extra = {name: dataclasses.MISSING for name in asked if name not in known}
    for name, default in {**keywords.defaults, **extra}.items():
        needed = default is dataclasses.MISSING
        parts.append((name, _primitive(None if needed else default), _kept(UNSET if needed else default)))
    return make_dataclass("env", parts, frozen=True, kw_only=True)()


def _kept(default: Any) -> Any:
    """The default itself, so that `given` knows it again."""
    return field(default_factory=lambda: default)


def given(env: Any, id_: str) -> Mapping[str, Any]:
    """What of the options is kept in a run: of innervate's tasks all, of others those that are not as they were."""
    values = {f.name: getattr(env, f.name) for f in dataclasses.fields(env)}
    if task_of(id_) is not None:
        unsaid = {TIME_LIMIT: None, VARIED: Randomisation()}
        return {k: v for k, v in values.items() if k not in unsaid or v != unsaid[k]}
    defaults = keywords_of(id_).defaults
    chosen = {k: v for k, v in values.items() if not isinstance(v, Unset) and v is not defaults.get(k)}
    for name, default in defaults.items():
        if default is dataclasses.MISSING and name not in chosen:
            raise ConfigError(f"{id_} needs {PREFIX}{name.replace('_', '-')}: its class has no default for it.")
    return {k: v for k, v in chosen.items() if k in defaults or v is not None}
