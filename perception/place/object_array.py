"""The numbers in a NumPy array of objects, read from its pickle's opcodes: nothing is unpickled, nothing can run."""

import pickletools
from typing import Any, BinaryIO

SMALL = 50_000_000
"""Bytes of such a file, at most."""
NUMPY = ("_reconstruct", "ndarray", "dtype", "scalar")
NUMBERS = {"BININT", "BININT1", "BININT2", "LONG1", "INT", "LONG", "BINFLOAT"}
TEXTS = {"SHORT_BINUNICODE", "BINUNICODE", "UNICODE", "SHORT_BINBYTES", "BINBYTES", "BINSTRING", "SHORT_BINSTRING"}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


class Inert(list[Any]):
    """In place of an object: what it would have been made of."""


def objects(stream: BinaryIO) -> list[Any]:
    """The elements of the array in their order, numbers and (nested) lists of them.

    Raises:
        ValueError: anything but numbers, texts, lists and tuples in an array of NumPy's.
    """
    data = stream.read(SMALL + 1)
    if len(data) > SMALL:
        raise ValueError(f"it is larger than {SMALL // 10**6} MB")
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def popped() -> list[Any]:
        at = marks.pop()
        items = stack[at:]
        del stack[at:]
        return items

    argument: Any
    for op, argument, _ in pickletools.genops(data):
        name = op.name
        if name in ("PROTO", "FRAME"):
            pass
        elif name in NUMBERS or name in TEXTS:
            stack.append(argument)
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name == "MARK":
            marks.append(len(stack))
        elif name in ("EMPTY_LIST", "EMPTY_TUPLE"):
            stack.append([])
        elif name in ("TUPLE", "LIST"):
            stack.append(popped())
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            n = int(name[-1])
            stack[-n:] = [stack[-n:]]
        elif name == "APPEND":
            value = stack.pop()
            stack[-1].append(value)
        elif name == "APPENDS":
            values = popped()
            stack[-1].extend(values)
        elif name in ("MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT"):
            memo[len(memo) if name == "MEMOIZE" else int(argument)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(memo[int(argument)])
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            module, what = argument.split(" ") if name == "GLOBAL" else (stack.pop(-2), stack.pop())
            if str(module).partition(".")[0] != "numpy" or what not in NUMPY:
                raise ValueError(f"it names {module}.{what}, which is no number")
            stack.append(Inert())
        elif name == "REDUCE":
            stack[-2:] = [Inert()]
        elif name == "BUILD":
            state = stack.pop()
            stack[-1].append(state)
        elif name == "STOP":
            return _elements(stack)
        else:
            raise ValueError(f"it holds what is neither a number nor a list ({name})")
    raise ValueError("it ends too early")


def _elements(stack: list[Any]) -> list[Any]:
    """An array's state is (version, shape, dtype, order, elements)."""
    (array,) = stack
    state = array[0] if isinstance(array, Inert) and array else None
    if not (isinstance(state, list) and len(state) == 5 and isinstance(state[-1], list)):
        raise ValueError("it is no array of objects")
    return state[-1]
