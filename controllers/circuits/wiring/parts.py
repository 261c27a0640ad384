"""A part of a circuit from its fields as they stand in a file, and back."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from innervate.errors import ConfigError

from .circuit import Motor, Neuron, Sense, Synapse

Part = TypeVar("Part", Neuron, Synapse, Sense, Motor)


def short(part: Neuron | Synapse | Sense | Motor) -> dict[str, Any]:
    """Its fields but for those that have their default value."""
    default = {f.name: f.default for f in fields(part) if f.default is not MISSING}
    return {k: v for k, v in asdict(part).items() if k not in default or v != default[k]}


def part_of(kind: type[Part], where: str, index: object, document: Any) -> Part:
    """A part from its fields; raises ConfigError that names the entry and the field that does not fit."""
    if not isinstance(document, Mapping):
        raise ConfigError(f"{where}[{index}] must be an object, got {document!r}.")
    known = {f.name for f in fields(kind)}
    if unknown := sorted(set(map(str, document)) - known):
        raise ConfigError(f"{where}[{index}] has unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}.")
    values: dict[str, Any] = {str(k): tuple(v) if isinstance(v, list) else v for k, v in document.items()}
    hints = get_type_hints(kind)
    for name, value in list(values.items()):
        if not _fits(value, hints[name]):
            raise ConfigError(f"{where}[{index}]: {name} is {value!r}; expected {_said(hints[name])}.")
        if float in (hints[name], *get_args(hints[name])) and value is not None:
            values[name] = float(value)
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"{where}[{index}]: {error}") from error


def _said(hint: Any) -> str:
    """A type in words."""
    origin, options = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"one of {', '.join(map(repr, options))}"
    if origin is tuple:
        return f"{len(options)} numbers"
    if options:
        return " or ".join(map(_said, options))
    words = {float: "a number", int: "a whole number", str: "a text", bool: "true or false", type(None): "nothing"}
    return words.get(hint, str(hint))


def _fits(value: object, hint: Any) -> bool:
    """Whether a JSON value is of the type that a field declares."""
    origin, options = get_origin(hint), get_args(hint)
    if origin is Literal:
        return value in options
    if origin is tuple:
        return isinstance(value, tuple) and len(value) == len(options) and all(map(_fits, value, options))
    if options:
        return any(_fits(value, option) for option in options)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
