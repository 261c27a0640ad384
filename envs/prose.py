"""Docstrings in sections, Markdown tables, and docstrings that are made when they are asked for."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

__all__ = [
    "Made",
    "arguments_told",
    "field_docstrings",
    "inherited_sections",
    "number",
    "sections",
    "table",
    "type_name",
    "without_arguments",
    "written_docstring",
]


class Made:
    """Put in the place of a class's `__doc__`: the class has what was written, its instances what is made of it.

    Args:
        written: the docstring in the source, or None.
        make: from an instance to its whole docstring, or to None where there is nothing to add.
    """

    def __init__(self, written: str | None, make: Callable[[Any], str | None]) -> None:
        self.written, self._make = written, make

    def __get__(self, thing: Any, owner: type) -> str | None:
        """As a class attribute is read."""
        return self.written if thing is None else self._make(thing) or self.written


def written_docstring(kind: type) -> str:
    """The docstring in the class's own source, without its indentation; empty where there is none."""
    found = vars(kind).get("__doc__")
    text = found.written if isinstance(found, Made) else found
    return inspect.cleandoc(text) if isinstance(text, str) else ""


def sections(text: str) -> dict[str, str]:
    """Text by heading (`## Heading`); what stands before the first heading is under the empty name."""
    found = {"": list[str]()}
    name = ""
    for line in text.splitlines():
        if line.startswith("## "):
            name = line.removeprefix("## ").strip()
            found[name] = []
        else:
            found[name].append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def inherited_sections(kind: type) -> dict[str, str]:
    """The sections of a class's docstring; those that it lacks are its nearest base's, but for the nameless one."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        found |= sections(written_docstring(base))
    return found | {"": sections(written_docstring(kind))[""]}


def arguments_told(text: str) -> dict[str, str]:
    """The `Args:` of a docstring in Google's style: name to description, in one line each."""
    _, _, rest = text.partition("\nArgs:\n")
    block = textwrap.dedent(rest.split("\n\n")[0])
    found: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith(" "):
            found[name] += " " + line.strip()
        else:
            name, _, first = line.partition(":")
            found[name] = first.strip()
    return found


def without_arguments(text: str) -> str:
    """A docstring without its `Args:`."""
    before, mark, rest = text.partition("\nArgs:\n")
    return (before + "\n" + "\n\n".join(rest.split("\n\n")[1:])).strip() if mark else text


def field_docstrings(kind: type) -> dict[str, str]:
    """The string under each field of a dataclass, its bases' included, in one line; a field without one is left out."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__[:-1]):
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        except (OSError, TypeError, SyntaxError):
            continue  # typed into a prompt: there is no source to read
        body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
        for field, told in pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(told, ast.Expr):
                text = told.value.value if isinstance(told.value, ast.Constant) else None
                if isinstance(text, str):
                    found[field.target.id] = " ".join(text.split())
    return found


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table, its columns aligned for those who read it as text."""
    lines = [[str(cell).replace("|", "\\|") for cell in row] for row in (header, *rows)]
    width = [max(map(len, column)) for column in zip(*lines, strict=True)]
    told = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, width, strict=True)) + " |" for line in lines]
    return "\n".join([told[0], "|" + "|".join("-" * (w + 2) for w in width) + "|", *told[1:]])


def number(value: float) -> str:
    """A number as tables have it: `Inf`, and no more digits than tell it apart."""
    if value in (float("inf"), float("-inf")):
        return "Inf" if value > 0 else "-Inf"
    return f"{value:.6g}"


def type_name(kind: Any) -> str:
    """A type as a reader says it: `float or None`, `'day' or 'dusk'`."""
    parts = getattr(kind, "__args__", None)
    if getattr(kind, "__origin__", None) is not None and str(kind).startswith("typing.Literal"):
        return " or ".join(map(repr, parts or ()))
    if isinstance(kind, type) and parts is None:
        return kind.__name__
    return str(kind).replace("typing.", "").replace("NoneType", "None").replace(" | ", " or ")
