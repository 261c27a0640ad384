"""Configurations as JSON and back: frozen dataclasses that nest, rebuilt by their types or refused when written."""

import json
import math
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, Union, cast

from innervate.errors import ConfigError, RunError, UnknownNameError
from innervate.registry import Catalogue, full_name, is_config, picker

__all__ = ["CLASS", "C", "Configurations", "from_options", "replaced", "to_json", "value_class"]

C = TypeVar("C")

CLASS = "class"
"""Key that says which of several classes a mapping was."""

_BY_CONTRACT: dict[Any, "Configurations[Any]"] = {}
_VALUES: dict[str, type] = {}


def value_class(kind: type[C]) -> type[C]:
    """Let instances of a frozen dataclass stand where a field may hold anything; a decorator."""
    _VALUES[kind.__name__] = kind
    return kind


class Configurations(Catalogue[type[C]], Generic[C]):
    """A catalogue of frozen configuration dataclasses, each of which builds one kind of thing.

    Args:
        contract: the protocol that they fulfil; a field of that type, in any configuration, is written by name.
    """

    def __init__(self, kind: str, *, group: str, package: str, folder: Path | None, contract: Any) -> None:
        what = "frozen dataclass NameConfig with `build`"
        super().__init__(kind, group=group, package=package, folder=folder, pick=picker(kind, is_config, what))
        self.contract = contract
        _BY_CONTRACT[contract] = self

    def add(self, name: str, thing: type[C]) -> type[C]:
        """Make a configuration class known under `name` in this process."""
        if not is_config(thing):
            raise ConfigError(
                f"A {self.kind} is added as a frozen dataclass called SomethingConfig with `build`; {thing!r} is not."
            )
        return super().add(name, thing)

    def name_of(self, config: C) -> str:
        """The name under which the class of `config` is known."""
        kind = type(config)
        for name, added in self._added.items():
            if added is kind:
                return name
        for name, (source, *_) in self._sources().items():
            if kind.__module__ == source.module or kind.__module__.startswith(source.module + "."):
                if self[name] is kind:
                    return name
            elif source.whose != "innervate" and source.attribute == kind.__name__ and self[name] is kind:
                return name
        raise ConfigError(
            f"{full_name(kind)} is no known {self.kind}. Make it known with .add(NAME, {kind.__name__}), or by an "
            f"entry point of the group {self.group!r} in the package that has it. Known: {', '.join(self)}."
        )

    def adopt(self, config: C) -> str:
        """`name_of`, adding the class under a name made from its own where it is not known yet."""
        try:
            return self.name_of(config)
        except ConfigError:
            kind = type(config)
            name = _hyphened(kind.__name__.removesuffix("Config"))
            self.add(name, kind)
            return name

    def to_dict(self, config: C) -> dict[str, Any]:
        """The configuration as JSON types, with its name. Raises `ConfigError` for what could not be rebuilt."""
        name = self.name_of(config)
        document = {"name": name, **to_json(config)}
        source = None if name in self._added else self.source(name)
        if source is None or source.whose != "innervate":
            document[CLASS] = full_name(type(config))
        return document

    def from_dict(self, document: Mapping[str, Any]) -> C:
        """The configuration that `to_dict` wrote."""
        options = dict(document)
        name, written = str(options.pop("name", "")), options.pop(CLASS, None)
        if written is not None:
            if name not in self:
                module, _, kind = str(written).partition(":")
                raise ConfigError(
                    f"The {self.kind} {name!r} is the class {kind} of the module {module}, which is not known here: "
                    f"install the package that has it, or add the class under that name before loading."
                )
            if full_name(self[name]) != written:
                raise ConfigError(
                    f"The {self.kind} {name!r} was {written} when this was written, and is {full_name(self[name])} now."
                )
        return from_options(self[name], options)


def _hyphened(name: str) -> str:
    """`MyOwnThing` as `my-own-thing`."""
    parts = [("-" if i and c.isupper() and not name[i - 1].isupper() else "") + c.lower() for i, c in enumerate(name)]
    return "".join(parts)


def to_json(config: Any) -> dict[str, Any]:
    """The fields of a dataclass as JSON types.

    Raises `ConfigError`, naming the field, for a value that reading would not give back equal.
    """
    document = _encoded_fields(config)
    try:
        again = from_options(type(config), json.loads(json.dumps(document)))
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigError(f"{type(config).__name__} cannot be written so that it can be read again: {error}") from error
    if not _equal(again, config):
        lost = [f.name for f in fields(config) if not _equal(getattr(again, f.name), getattr(config, f.name))]
        raise ConfigError(f"{type(config).__name__} would not be read back equal: {', '.join(lost) or 'as a whole'}.")
    return document


def from_options(kind: type[C], options: Mapping[str, Any]) -> C:
    """A dataclass from JSON types; an unknown option is answered with the nearest.

    An option that is not there has its default, or what `BEFORE` of the class says: a class whose defaults have changed
    keeps there, by name, what documents without that option were written with.
    """
    if not isinstance(cast("Any", options), Mapping):
        raise ConfigError(f"{kind.__name__} is read from a mapping of options, not from {options!r}.")
    wanted = [f for f in fields(cast("Any", kind)) if f.init]
    known = {f.name for f in wanted}
    for name in options:
        if name not in known:
            raise UnknownNameError(f"option of {kind.__name__}", name, known)
    options = {**getattr(kind, "BEFORE", {}), **options}
    for f in wanted:
        if f.name not in options and f.default is MISSING and f.default_factory is MISSING:
            raise RunError(f"{kind.__name__} lacks its option {f.name!r}.")
    hints = _hints(kind)
    return kind(**{k: _decoded(v, hints[k], f"{kind.__name__}.{k}") for k, v in options.items()})


def replaced(config: C, options: Mapping[str, Any]) -> C:
    """A dataclass with some of its fields, from JSON types, in place of its own; a table within replaces in part too.

    Names may be spelled with hyphens. Raises `UnknownNameError` with the nearest for a field that there is not.
    """
    kind = type(config)
    known = {f.name for f in fields(cast("Any", kind)) if f.init}
    hints, changed = _hints(kind), dict[str, Any]()
    for typed, value in options.items():
        name = typed.replace("-", "_")
        if name not in known:
            raise UnknownNameError(f"option of {kind.__name__}", typed, known)
        held = getattr(config, name)
        part = dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else None
        whole = hints[name] in _BY_CONTRACT and part is not None and "name" in part  # another one, by its name
        of_its_class = part is not None and part.get(CLASS, type(held).__name__) == type(held).__name__
        if is_dataclass(held) and part is not None and of_its_class and not whole:
            part.pop(CLASS, None)
            changed[name] = replaced(held, part)
        else:
            changed[name] = _decoded(value, hints[name], f"{kind.__name__}.{name}")
    return cast("C", replace(cast("Any", config), **changed))


def _hints(kind: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(kind)
    except NameError as error:
        raise ConfigError(f"The types of {full_name(kind)} cannot be resolved: {error}.") from error


def _encoded_fields(config: Any) -> dict[str, Any]:
    hints = _hints(type(config))
    where = type(config).__name__
    return {
        f.name: _encoded(getattr(config, f.name), hints[f.name], f"{where}.{f.name}") for f in fields(config) if f.init
    }


def _encoded(value: Any, kind: Any, where: str) -> Any:
    if kind in _BY_CONTRACT and value is not None:
        return _BY_CONTRACT[kind].to_dict(value)
    if kind is Any and type(value) is _VALUES.get(type(value).__name__):
        return {CLASS: type(value).__name__, **_encoded_fields(value)}
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _encoded(value, arguments[0], where)
    if origin in (Union, types.UnionType):
        member = _member(value, arguments, where)
        document = _encoded(value, member, where)
        if isinstance(document, dict) and is_dataclass(member) and sum(map(is_dataclass, arguments)) > 1:
            document = {CLASS: cast("type", member).__name__, **cast("dict[str, Any]", document)}
        return document
    if is_dataclass(kind):
        if type(value) is not kind:
            raise ConfigError(f"{where} should be of {_name(kind)}, to be read again; it is {value!r}.")
        return _encoded_fields(value)
    if not _fits(value, kind):
        raise ConfigError(f"{where} should be of {_name(kind)}, to be read again; it is {value!r}.")
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and math.isnan(value):
        raise ConfigError(f"{where} is not a number; it would not be read back equal.")
    if isinstance(value, Mapping):
        of = arguments[1] if len(arguments) == 2 else Any
        return {str(k): _encoded(v, of, f"{where}[{k!r}]") for k, v in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (tuple, list)):
        items = cast("Sequence[Any]", value)
        each = _element_types(arguments, len(items), list_like=isinstance(value, list))
        return [_encoded(v, t, f"{where}[{i}]") for i, (v, t) in enumerate(zip(items, each, strict=True))]
    return value


def _decoded(document: Any, kind: Any, where: str) -> Any:
    if kind in _BY_CONTRACT and isinstance(document, Mapping):
        return _BY_CONTRACT[kind].from_dict(cast("Mapping[str, Any]", document))
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _decoded(document, arguments[0], where)
    if origin in (Union, types.UnionType):
        return _decoded_union(document, arguments, where)
    if is_dataclass(kind):
        return from_options(cast("Any", kind), document)
    if isinstance(kind, type) and issubclass(kind, Enum):
        if document not in kind.__members__:
            raise UnknownNameError(where, str(document), kind.__members__)
        return kind[cast("str", document)]
    if kind is Path:
        return Path(cast("str", document))
    if kind is Any or kind is object:
        return _decoded_anything(document, where)
    plain = origin or kind
    if isinstance(document, Mapping) and _is_mapping(plain):
        key = arguments[0] if len(arguments) == 2 else str
        of = arguments[1] if len(arguments) == 2 else Any
        pairs = cast("Mapping[str, Any]", document).items()
        return {(int(k) if key is int else k): _decoded(v, of, f"{where}[{k!r}]") for k, v in pairs}
    if isinstance(document, (list, tuple)) and plain is not str:
        items = cast("Sequence[Any]", document)
        each = _element_types(arguments, len(items), list_like=plain is list)
        values = [_decoded(v, t, f"{where}[{i}]") for i, (v, t) in enumerate(zip(items, each, strict=True))]
        return values if plain is list else tuple(values)
    if kind is float and isinstance(document, int) and not isinstance(document, bool):
        return document
    if not _fits(document, kind):
        raise ConfigError(f"{where} should be of {_name(kind)}, not {document!r}.")
    return document


def _decoded_anything(document: Any, where: str) -> Any:
    if isinstance(document, list):
        return tuple(_decoded_anything(v, where) for v in cast("list[Any]", document))
    if isinstance(document, dict):
        rest = dict(cast("dict[str, Any]", document))
        if rest.get(CLASS) in _VALUES:
            return from_options(_VALUES[rest.pop(CLASS)], rest)
        return {k: _decoded_anything(v, f"{where}[{k!r}]") for k, v in rest.items()}
    return document


def _decoded_union(document: Any, members: tuple[Any, ...], where: str) -> Any:
    if document is None and type(None) in members:
        return None
    members = tuple(m for m in members if m is not type(None))
    if isinstance(document, Mapping) and CLASS in document:
        rest = dict(cast("Mapping[str, Any]", document))
        wanted = rest.get(CLASS)
        for member in members:
            if is_dataclass(member) and cast("type", member).__name__ == wanted:
                rest.pop(CLASS)
                return _decoded(rest, member, where)
    if len(members) == 1:
        return _decoded(document, members[0], where)
    for member in members:
        try:
            return _decoded(document, member, where)
        except (TypeError, ValueError, KeyError, RunError):  # noqa: PERF203
            continue
    raise ConfigError(f"{where} should be of {' or '.join(map(_name, members))}, not {document!r}.")


def _element_types(arguments: tuple[Any, ...], n: int, *, list_like: bool = False) -> list[Any]:
    if not arguments:
        return [Any] * n
    if list_like or len(arguments) == 1 or (len(arguments) == 2 and arguments[1] is Ellipsis):
        return [arguments[0]] * n
    if len(arguments) != n:
        raise ConfigError(f"{len(arguments)} values are expected, not {n}.")
    return list(arguments)


def _member(value: Any, members: tuple[Any, ...], where: str) -> Any:
    for member in members:
        if member in _BY_CONTRACT and value is not None and isinstance(value, member):
            return member
    for exact in (True, False):
        for member in members:
            if is_dataclass(member):
                if type(value) is member:
                    return member
            elif (not exact or type(value) is (typing.get_origin(member) or member)) and _fits(value, member):
                return member
    raise ConfigError(f"{where} should be of {' or '.join(map(_name, members))}, to be read again; it is {value!r}.")


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a type, elements apart."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any or kind is object:
        return value is None or isinstance(value, (bool, int, float, str, tuple, Mapping))
    if origin is Literal:
        return value in arguments
    if kind is None or kind is type(None):
        return value is None
    plain = origin or kind
    if plain is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if plain is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if _is_mapping(plain):
        return isinstance(value, Mapping) and all(isinstance(k, (str, int)) for k in cast("Mapping[Any, Any]", value))
    if plain is Sequence:
        return isinstance(value, (tuple, list))
    known = isinstance(plain, type) and (plain in (bool, str, tuple, list, Path) or issubclass(plain, Enum))
    return known and isinstance(value, plain)


def _is_mapping(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Mapping)


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except ValueError:  # arrays
        return False


def _name(kind: Any) -> str:
    if kind is Any:
        return "JSON types (a tuple rather than a list)"
    return kind.__name__ if isinstance(kind, type) else str(kind)
