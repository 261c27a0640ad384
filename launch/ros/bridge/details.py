"""Definitions of messages and services in the form in which rosapi tells them."""

from typing import Any

from innervate.launch.ros.bridge.definitions import DEFINITIONS, FLOATS, INTEGERS, PRIMITIVES, parsed, ros1_name


def details(type_: str, definition: str) -> list[dict[str, Any]]:
    """A type and all that it contains, each once."""
    found = [_one(type_, definition)]
    for _, element, _ in parsed(definition):
        if element not in PRIMITIVES:
            found += [one for one in details(element, DEFINITIONS[element]) if one not in found]
    return found


def _one(type_: str, definition: str) -> dict[str, Any]:
    fields = parsed(definition)
    return {
        "type": type_,
        "fieldnames": [name for name, _, _ in fields],
        "fieldtypes": [element if element in PRIMITIVES else ros1_name(element) for _, element, _ in fields],
        "fieldarraylen": [-1 if length is None else length for _, _, length in fields],
        "examples": [_example(element, length) for _, element, length in fields],
        "constnames": [],
        "constvalues": [],
    }


def _example(element: str, length: int | None) -> str:
    if length is not None:
        return "[]"
    if element in FLOATS:
        return "0.0"
    return "0" if element in INTEGERS else "False" if element == "bool" else "" if element == "string" else "{}"
