"""numba behind an extra: the same decorator everywhere, imported only where a kernel is."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from innervate.errors import MissingExtraError

F = TypeVar("F", bound=Callable[..., Any])


def compiled(kernel: F) -> F:
    """Compile a kernel on its first call and keep the machine code beside the source.

    IEEE order of operations is kept (no fast-math), so that results do not depend on the vector width.
    Raises `MissingExtraError` without numba.
    """
    try:
        numba: Any = importlib.import_module("numba")
    except ImportError as error:
        raise MissingExtraError("numba", "place") from error
    return numba.njit(cache=True, nogil=True)(inspect.unwrap(kernel))  # run-time type checks wrap functions
