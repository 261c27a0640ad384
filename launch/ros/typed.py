"""Dataclasses from JSON or TOML documents: every value is checked against its annotation, nothing is evaluated."""

import dataclasses
import importlib
import json
import math
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from innervate.errors import UnknownNameError
from innervate.launch.ros.bridge.errors import RobotFileError

T = TypeVar("T")
MAX_BYTES = 1 << 20


def load_document(path: Path) -> Mapping[str, Any]:
    """The table in a `.toml` or `.json` file."""
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise RobotFileError(f"{path} has {len(data)} bytes; such a file has at most {MAX_BYTES}.")
        text = data.decode("utf-8")
        document = json.loads(text) if path.suffix == ".json" else _toml(text)
    except FileNotFoundError as error:
        mend = f"write one with: innervate ros robot TASK --out {path}"
        raise RobotFileError(f"There is no file {path}; {mend}") from error
    except (ValueError, RecursionError) as error:  # TOML, JSON and UTF-8 errors alike
        raise RobotFileError(f"{path} cannot be read: {error}") from error
    except OSError as error:
        raise RobotFileError(f"{path} cannot be read: {error.strerror}.") from error
    if not isinstance(document, dict):
        raise RobotFileError(f"{path} should hold a table, not a {type(document).__name__}.")
    return document


def _toml(text: str) -> Any:
    # In the standard library from Python 3.11 on.
    name = "tomllib" if sys.version_info >= (3, 11) else "tomli"
    return importlib.import_module(name).loads(text)


def typed(kind: type[T], document: Any, where: str) -> T:
    """The dataclass `kind` from a table; `where` names the table in messages."""
    if not isinstance(document, Mapping):
        raise RobotFileError(f"{where} should be a table, not {document!r}.")
    fields = {f.name: f for f in dataclasses.fields(kind)}  # pyright: ignore[reportArgumentType]
    hints = get_type_hints(kind)
    for name in document:
        if name not in fields:
            raise UnknownNameError(f"entry of {where}", str(name), fields)
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in document:
            raise RobotFileError(f"{where} lacks {name}.")
    return kind(**{name: _value(hints[name], value, f"{where}.{name}") for name, value in document.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return typed(hint, value, where)
    if origin is Literal:
        if value not in arguments:
            raise UnknownNameError(where, str(value), [str(a) for a in arguments])
        return value
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        lists = [a for a in arguments if get_origin(a) is tuple]
        others = [a for a in arguments if a is not type(None) and a not in lists]
        return _value((lists if isinstance(value, list) and lists else others or lists)[0], value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise RobotFileError(f"{where} should be a list, not {value!r}.")
        if arguments[-1] is not Ellipsis and len(value) != len(arguments):
            raise RobotFileError(f"{where} should have {len(arguments)} entries, not {len(value)}.")
        each = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else list(arguments)
        return tuple(_value(h, v, f"{where}[{i}]") for i, (h, v) in enumerate(zip(each, value, strict=True)))
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isnan(value):
            raise RobotFileError(f"{where} is not a number.")
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise RobotFileError(f"{where} should be of type {getattr(hint, '__name__', hint)}, not {value!r}.")
