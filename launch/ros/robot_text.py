"""A robot file as TOML, every field explained by the sentence that stands with it in the source."""

import ast
import dataclasses
import inspect
import json
import textwrap
from functools import cache
from typing import Any, get_args, get_type_hints

WIDTH = 110


def toml_text(value: Any) -> str:
    """A dataclass as a document: its own fields, then its tables; what is not set stands there as a comment."""
    tables: list[str] = []
    lines: list[str] = []
    for field in dataclasses.fields(value):
        one: Any = getattr(value, field.name)
        several = isinstance(one, tuple) and _of_tables(type(value), field.name)
        if several or dataclasses.is_dataclass(one):
            title = f"[[{field.name}]]" if several else f"[{field.name}]"
            for i, table in enumerate(getattr(value, field.name) if several else [one]):
                tables += ["", title, *_lines(table, explain=i == 0)]
        elif one is None and _of_tables(type(value), field.name):
            tables += ["", *_comment(explained(type(value)).get(field.name, "")), f"# [{field.name}] is not set"]
        else:
            lines += _entry(type(value), field.name, one)
    return "\n".join([*lines, *tables]) + "\n"


def _lines(table: Any, *, explain: bool) -> list[str]:
    found: list[str] = []
    for field in dataclasses.fields(table):
        entry = _entry(type(table), field.name, getattr(table, field.name))
        found += entry if explain else [line for line in entry if not line.startswith("#")]
    return found


def _entry(kind: type, name: str, value: Any) -> list[str]:
    """A field below its explanation; of fields that share one, the first has it."""
    texts = explained(kind)
    first = next(other for other, text in texts.items() if text == texts[name])
    lines = _comment(texts[name]) if first == name else []
    unset = value is None or value in ("", ())
    return [*lines, f"# {name} is not set" if unset else f"{name} = {_value(value)}"]


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH)]


def _value(value: Any) -> str:
    if dataclasses.is_dataclass(value):
        parts = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        given = {k: v for k, v in parts.items() if v not in (None, "", (), 0.0)}
        return "{" + ", ".join(f"{k} = {_value(v)}" for k, v in given.items()) + "}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float):
        return repr(value)  # TOML writes inf as Python does
    return json.dumps(value)


def _of_tables(kind: type, name: str) -> bool:
    return any(dataclasses.is_dataclass(one) for one in get_args(get_type_hints(kind)[name]))


@cache
def explained(kind: type) -> dict[str, str]:
    """What the source says of each field of a dataclass; a sentence after several fields is of all of them."""
    (body,) = (node.body for node in ast.parse(inspect.getsource(kind)).body if isinstance(node, ast.ClassDef))
    found: dict[str, str] = {}
    waiting: list[str] = []
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            waiting.append(node.target.id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            text = " ".join(node.value.value.split())
            found.update(dict.fromkeys(waiting, text))
            waiting = []
        elif isinstance(node, ast.FunctionDef):
            break
    return found
