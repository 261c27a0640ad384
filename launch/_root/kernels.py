"""numba behind an extra: the same decorators everywhere, imported only where a kernel is."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from innervate.errors import MissingExtraError

__all__ = ["F", "compiler", "exact", "fast", "fast_inlined"]

F = TypeVar("F", bound=Callable[..., Any])


def compiler(*, fastmath: bool = False, inline: bool = False) -> Callable[[F], F]:
    """A decorator that compiles a kernel on its first call and keeps the machine code beside the source.

    IEEE order of operations is kept unless `fastmath`, so that results do not depend on the vector width; then also a
    division by zero gives infinity, as in NumPy, instead of raising. What is to `inline` becomes a part of the loops
    that call it, however long it is: a loop with a call in it is not made vector code of.
    The decorator raises `MissingExtraError` without numba.
    """

    def compiled(kernel: F) -> F:
        try:
            numba: Any = importlib.import_module("numba")
        except ImportError as error:
            raise MissingExtraError("numba", "kernels") from error
        bare = inspect.unwrap(kernel)  # run-time type checks wrap functions
        model = "numpy" if fastmath else "python"
        where = "always" if inline else "never"
        return numba.njit(cache=True, nogil=True, fastmath=fastmath, error_model=model, inline=where)(bare)

    return compiled


exact = compiler()
"""Compiles a kernel whose results are to be the same on every processor."""
fast = compiler(fastmath=True)
"""Compiles a kernel that may reorder its operations."""
fast_inlined = compiler(fastmath=True, inline=True)
"""`fast`, and made a part of the kernels that call it."""
