"""The decorators of this package's kernels: see `perception/compiled.py`."""

from ...perception.compiled import compiler

compiled = compiler("bilateral", fastmath=True)
inlined = compiler("bilateral", fastmath=True, inline=True)
