"""A run's configuration as a file with the names of the options: `--config FILE.toml` (or .yaml), and `config.toml`."""

import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from innervate.agents.registry import LEARNERS
from innervate.agents.sense import SENSES, SenseConfig
from innervate.configurations import to_json
from innervate.controllers import CONTROLLERS
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.run.config import RunConfig

NAME = "config.toml"
PLAIN = ("steps", "seed", "threads", "checkpoint_s")
UNSET = "None"
"""How a value that is not set is written, as on the command line: TOML has no word for it."""
SUFFIXES = (".toml", ".yaml", ".yml")


def table_name(word: str) -> str:
    """The name of the options, and of the file's table, that belong to a controller, a learner or a sense."""
    return word.replace("-", "_").replace(":", "_").replace("/", "_")


def hyphened(name: str) -> str:
    """An option's name as it is typed."""
    return name.replace("_", "-")


def read(path: Path) -> dict[str, Any]:
    """The file's options by name, with underscores; tables of options as mappings. What is `"None"` is None.

    Raises:
        ConfigError: the file is not there, is of another kind, or is not well-formed.
    """
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"A configuration file is {', '.join('*' + s for s in SUFFIXES)}, not {path}.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The configuration file {path} cannot be read: {error}. Every run has one: RUN/{NAME}."
        ) from error
    document = _toml(path, text) if path.suffix == ".toml" else _yaml(path, text)
    found: dict[str, Any] = {}
    for key, value in document.items():
        name = table_name(str(key))
        if name in found:
            raise ConfigError(f"{path} names {key} twice.")
        found[name] = _unset_as_none(value)
    return found


def _toml(path: Path, text: str) -> dict[str, Any]:
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        return toml.loads(text)
    except toml.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not well-formed TOML: {error}") from error


def _yaml(path: Path, text: str) -> dict[str, Any]:
    try:
        yaml: Any = importlib.import_module("yaml")
    except ModuleNotFoundError as error:
        raise ConfigError(f"{path} is YAML, which needs: pip install pyyaml. TOML needs nothing.") from error
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not well-formed YAML: {error}") from error
    if document is not None and not isinstance(document, dict):
        raise ConfigError(f"{path} should hold options by name, not {type(document).__name__}.")
    return cast("dict[str, Any]", document or {})


def _unset_as_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _unset_as_none(v) for k, v in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_unset_as_none(v) for v in cast("list[Any]", value)]
    return None if value == UNSET else value


def check_names(path: Path, document: Mapping[str, Any], known: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise `UnknownNameError`, with the nearest, for an option or a table that there is not.

    Args:
        path: the file, for the message.
        document: what `read` returned.
        known: the options that there are.
        allowed: tables that may stand there though they do not count, of pieces that another option replaced.
    """
    names, more = list(known), set(allowed)
    for name in document:
        if name not in names and name not in more:
            raise UnknownNameError(f"option in {path}", hyphened(name), [hyphened(n) for n in names])


def table(path: Path, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A table of the file, empty where it is not there."""
    found = document.get(name, {})
    if not isinstance(found, Mapping):
        raise ConfigError(f"{hyphened(name)} in {path} is a table of options, [{hyphened(name)}], not {found!r}.")
    return cast("Mapping[str, Any]", found)


def sense_words(senses: Iterable[SenseConfig]) -> list[str]:
    """Senses as `--sense` takes them. Raises `ConfigError` for two that one word would mean."""
    words: list[str] = []
    for sense in senses:
        word = SENSES.name_of(sense)
        channel = getattr(sense, "channel", None)
        words.append(f"{word}:{channel}" if isinstance(channel, str) and channel else word)
    if len({table_name(word) for word in words}) < len(words):
        raise ConfigError(f"Two senses of one name cannot be told apart on the command line: {', '.join(words)}.")
    return words


def as_toml(config: RunConfig) -> str:
    """The configuration as a file that `--config` reads; raises `ConfigError` for what options cannot say."""
    controller, learner = CONTROLLERS.name_of(config.controller), LEARNERS.name_of(config.learner)
    senses = sense_words(config.world.senses)
    of_senses = dict(zip(senses, config.world.senses, strict=True))
    parts = {controller: config.controller, learner: config.learner, **of_senses}
    if len(parts) < 2 + len(senses):
        raise ConfigError("A controller, a learner and a sense of one name cannot be told apart in a file.")
    lines = [
        "# All that decides what this run became. Another one: innervate train --config THIS_FILE --seed 1 --out PLACE",
        f"task = {_value(config.world.id)}",
        f"controller = {_value(controller)}",
        f"learner = {_value(learner)}",
        f"sense = {_value(senses)}",
        *(f"{hyphened(name)} = {_value(getattr(config, name))}" for name in PLAIN),
        f"action-limit = {_value(config.world.action_limit)}",
    ]
    env = cast("dict[str, Any]", to_json(config.world)["options"])
    tables = {"evaluation": to_json(config.evaluation), **{k: to_json(v) for k, v in parts.items()}, "env": env}
    for name, options in tables.items():
        lines += ["", f"[{table_name(name).replace('_', '-')}]"]
        lines += [f"{_key(hyphened(key))} = {_value(value)}" for key, value in options.items()]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    plain = name and all(c.isascii() and (c.isalnum() or c in "-_") for c in name)
    return name if plain else json.dumps(name)


def _value(value: Any) -> str:
    """One value on one line, as TOML."""
    if value is None:
        return f'"{UNSET}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)  # `inf` is TOML's word too; a NaN is no configuration
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Mapping):
        of = cast("Mapping[Any, Any]", value)
        return "{" + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in of.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, cast('list[Any]', value)))}]"
    raise ConfigError(f"{value!r} cannot be written to a configuration file.")
