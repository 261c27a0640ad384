"""The compiler of this folder's kernels."""

from ..compiled import compiler

compiled = compiler("place")
"""Compiles a kernel; raises `MissingExtraError` without numba."""
