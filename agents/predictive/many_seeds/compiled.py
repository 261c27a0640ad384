"""The compiler of this folder's kernels."""

from ....perception.compiled import compiler

compiled = compiler("predictive", fastmath=True)
"""Compiles a kernel; raises `MissingExtraError` without numba."""
